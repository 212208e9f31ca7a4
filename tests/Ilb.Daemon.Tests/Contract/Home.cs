using System.Net;
using Ilb.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>An engine over an IPVS in memory, as one reaches it: in this process, or by a daemon's socket.</summary>
internal sealed class Home : IAsyncDisposable
{
    private static readonly Dictionary<string, ValueList<IPAddress>> Hosts = new() { ["web.example"] = [IPAddress.Parse("10.0.0.77")] };

    private readonly List<ILoadBalancer> _clients = [];
    private readonly bool _isRemote;
    private DaemonServer? _server;

    private Home(bool isRemote, TemporaryFolder folder, InMemoryIpvs ipvs)
    {
        (_isRemote, Folder, Ipvs) = (isRemote, folder, ipvs);
        Engine = Start();
    }

    public TemporaryFolder Folder { get; }

    public InMemoryIpvs Ipvs { get; }

    /// <summary>The engine itself.</summary>
    public LoadBalancer Engine { get; private set; }

    /// <summary>What is under test.</summary>
    public ILoadBalancer Balancer { get; private set; } = null!;

    public string SocketPath => Folder.File("ilbd.sock");

    public static async Task<Home> OpenAsync(bool isRemote)
    {
        var home = new Home(isRemote, new TemporaryFolder(), new InMemoryIpvs());
        await home.ServeAsync();
        home.Balancer = home.Connect();
        return home;
    }

    /// <summary>Another way to the same engine.</summary>
    public ILoadBalancer Connect()
    {
        if (!_isRemote)
            return Engine;
        var client = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = SocketPath });
        _clients.Add(client);
        return client;
    }

    /// <summary>Has the edited file taken.</summary>
    public Task<ApplyResult> ReloadAsync() => Balancer is RemoteLoadBalancer remote ? remote.ReloadAsync() : Engine.ReloadAsync();

    /// <summary>Ends the engine and its daemon, and starts both anew over the same files and kernel.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Engine = Start();
        await ServeAsync();
    }

    public async Task StopAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        await Engine.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        await StopAsync();
        Folder.Dispose();
    }

    private LoadBalancerOptions Options => Folder.Options with { KeepsKernel = true };

    private LoadBalancer Start() => TestBalancer.Create(Options, Ipvs, Hosts);

    private async Task ServeAsync()
    {
        await Engine.ApplyAsync([]);
        if (_isRemote)
            _server = await DaemonServer.StartAsync(new DaemonServerOptions { SocketPath = SocketPath, Balancer = Options }, Engine);
    }
}
