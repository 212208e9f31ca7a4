using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A web server in a namespace that answers every request with its name, or as it is told to.</summary>
public sealed class WebServer : IDisposable
{
    private readonly Socket _socket;
    private readonly string _name;
    private readonly CancellationTokenSource _end = new();

    public WebServer(TestNamespace space, IPAddress address, int port, string name)
    {
        _name = name;
        _socket = Sockets.Open(space, address.AddressFamily, ProtocolType.Tcp);
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(address, port));
        _socket.Listen(1024);
        _ = AcceptAsync();
    }

    /// <summary>The status of its answers; null: it accepts connections and says nothing. Default 200.</summary>
    public int? Status { get; set; } = 200;

    /// <summary>The name of the server that answers a request; anything but an answer with 200 is an exception.</summary>
    public static async Task<string> AskAsync(TestNamespace from, IPEndPoint to)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        using var socket = Sockets.Open(from, to.AddressFamily, ProtocolType.Tcp);
        await socket.ConnectAsync(to, limit.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: vip\r\n\r\n"u8.ToArray(), limit.Token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(limit.Token);
        return answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) ? answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..] : throw new InvalidOperationException($"an answer of another kind: {answer}");
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
                _ = AnswerAsync(await _socket.AcceptAsync(end), end);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(Socket connection, CancellationToken end)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        try
        {
            var request = new StringBuilder();
            var buffer = new byte[4096];
            while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, end) is > 0 and var length)
                request.Append(Encoding.ASCII.GetString(buffer, 0, length));
            if (Status is not { } status)
            {
                // Until the client gives up.
                await stream.ReadExactlyAsync(buffer, end);
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} So\r\nContent-Length: {_name.Length}\r\nConnection: close\r\n\r\n{_name}")), end);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client went away, or the server.
        }
    }
}
