using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Ilb.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>A daemon in this process: the real server and engine over an IPVS in memory, at a socket in a folder of its own. Its peers are whom their socket's name says.</summary>
internal sealed class TestDaemon : IAsyncDisposable
{
    public const uint Stranger = 4001;
    public const uint Enabler = 4002;
    public const uint Changer = 4003;

    private readonly List<HttpClient> _clients = [];
    private int _sockets;

    public required TemporaryFolder Folder { get; init; }

    public required InMemoryIpvs Ipvs { get; init; }

    public required RecordingLoggers Log { get; init; }

    public required LoadBalancer Balancer { get; init; }

    public required DaemonServerOptions Options { get; init; }

    public DaemonServer Server { get; private set; } = null!;

    public string SocketPath => Options.SocketPath;

    public static async Task<TestDaemon> StartAsync(Func<DaemonServerOptions, DaemonServerOptions>? with = null, string? node = null, string? configuration = null)
    {
        var folder = new TemporaryFolder();
        var ipvs = new InMemoryIpvs();
        var log = new RecordingLoggers();
        if (node is not null)
            await File.WriteAllTextAsync(folder.File("node.json"), node);
        if (configuration is not null)
            await File.WriteAllTextAsync(folder.ConfigurationPath, configuration);
        var balancerOptions = folder.Options with { KeepsKernel = true, LoggerFactory = log };
        var options = new DaemonServerOptions { SocketPath = folder.File("s"), Balancer = balancerOptions, Peers = new NamedPeers(), Accounts = new TestAccounts() };
        options = with?.Invoke(options) ?? options;
        var balancer = TestBalancer.Create(balancerOptions, ipvs);
        await balancer.ApplyAsync([]);
        var daemon = new TestDaemon { Balancer = balancer, Options = options, Folder = folder, Ipvs = ipvs, Log = log };
        daemon.Server = await DaemonServer.StartAsync(options, balancer);
        return daemon;
    }

    /// <summary>A client of a user, with the groups that are called like it.</summary>
    public HttpClient Client(uint user = 0)
    {
        var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, _) => new NetworkStream(await ConnectAsync(user), ownsSocket: true) }) { BaseAddress = new Uri("http://localhost") };
        _clients.Add(client);
        return client;
    }

    public async Task<Socket> ConnectAsync(uint user = 0)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Folder.File($"{user}.{Interlocked.Increment(ref _sockets)}")));
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), end.Token);
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                // So many want to connect that the kernel keeps no more of them; a blocking connect(2) would wait.
                await Task.Yield();
            }
        }
    }

    /// <summary>Sends bytes as they are and reads until the server ends the connection.</summary>
    public async Task<string> SendRawAsync(string request, uint user = 0)
    {
        using var socket = await ConnectAsync(user);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return await ReadToEndAsync(socket);
    }

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, end.Token) is > 0 and var read)
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // Cut.
        }

        return text.ToString();
    }

    public static StringContent Json(string json) => new(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await Server.DisposeAsync();
        await Balancer.DisposeAsync();
        Folder.Dispose();
    }
}
