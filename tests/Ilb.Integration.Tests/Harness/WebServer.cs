using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A web server in a namespace that answers every request with its name, or as it is told to.</summary>
public sealed class WebServer : IDisposable
{
    /// <summary>Where health checks ask.</summary>
    public const string HealthPath = "/health";

    private const int Backlog = 1024;

    private readonly Socket _socket;
    private readonly string _name;
    private readonly TestNamespace _space;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _queued = [];
    private volatile TaskCompletionSource? _relieved;

    public WebServer(TestNamespace space, IPAddress address, int port, string name)
    {
        (_space, _name) = (space, name);
        _socket = Sockets.Open(space, address.AddressFamily, ProtocolType.Tcp);
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(address, port));
        _socket.Listen(Backlog);
        _ = AcceptAsync();
    }

    /// <summary>The status of its answers; null: it accepts connections and says nothing. Default 200.</summary>
    public int? Status { get; set; } = 200;

    /// <summary>What it does with a connection that asks at <see cref="HealthPath"/>; null (default) = as with any other.</summary>
    public Func<Stream, CancellationToken, Task>? Health { get; set; }

    /// <summary>What it shows to those who connect, of whom it expects TLS then; null (default) = it speaks no TLS.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>The name of the server that answers a request; anything but an answer with 200 is an exception.</summary>
    public static async Task<string> AskAsync(TestNamespace from, IPEndPoint to)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeLimit.FromSeconds(5));
        using var socket = Sockets.Open(from, to.AddressFamily, ProtocolType.Tcp);
        await socket.ConnectAsync(to, limit.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: vip\r\n\r\n"u8.ToArray(), limit.Token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(limit.Token);
        return answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) ? answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..] : throw new InvalidOperationException($"an answer of another kind: {answer}");
    }

    /// <summary>Takes no connection any more, and those that wait are as many as may, until it is relieved.</summary>
    public async Task OverloadAsync()
    {
        _relieved = new TaskCompletionSource();
        _socket.Listen(0);
        // One that is taken out of the queue, and those that fill it. The last is not answered.
        for (var i = 0; i < 4; i++)
        {
            var one = Sockets.Open(_space, AddressFamily.InterNetwork, ProtocolType.Tcp);
            _queued.Add(one);
            _ = one.ConnectAsync(_socket.LocalEndPoint!).ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _end.Token);
    }

    /// <summary>Serves those who wait, and others.</summary>
    public void Relieve()
    {
        foreach (var one in _queued)
            one.Dispose();
        _socket.Listen(Backlog);
        _relieved!.SetResult();
    }

    public void Dispose()
    {
        if (_end.IsCancellationRequested)
            return;
        _end.Cancel();
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            var end = _end.Token;
            while (true)
            {
                var connection = await _socket.AcceptAsync(end);
                if (_relieved is { } relieved)
                    await relieved.Task.WaitAsync(end);
                _ = AnswerAsync(connection, end);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(Socket connection, CancellationToken end)
    {
        await using var plain = new NetworkStream(connection, ownsSocket: true);
        try
        {
            await using var tls = Certificate is null ? null : new SslStream(plain);
            if (tls is not null)
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, end);
            Stream stream = tls is null ? plain : tls;
            var request = new StringBuilder();
            var buffer = new byte[4096];
            while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, end) is > 0 and var length)
                request.Append(Encoding.ASCII.GetString(buffer, 0, length));
            if (Health is { } health && request.ToString().StartsWith($"GET {HealthPath} ", StringComparison.Ordinal))
            {
                await health(stream, end);
                return;
            }

            if (Status is not { } status)
            {
                // Until the client gives up.
                await stream.ReadExactlyAsync(buffer, end);
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} So\r\nContent-Length: {_name.Length}\r\nConnection: close\r\n\r\n{_name}")), end);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or the server.
        }
    }
}
