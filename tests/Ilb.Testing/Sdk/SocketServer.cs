using System.Net.Sockets;
using System.Text;

namespace Ilb.Testing;

/// <summary>Somebody who listens at a Unix socket, and says whatever the test wants.</summary>
public sealed class SocketServer : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<Stream, string, CancellationToken, Task> _serve;
    private readonly string _path;
    private readonly Task _loop;

    /// <param name="path">The socket.</param>
    /// <param name="serve">Gets each request: the connection and the request's header. The connection is closed when it ends.</param>
    public SocketServer(string path, Func<Stream, string, CancellationToken, Task> serve)
    {
        _path = path;
        _serve = serve;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen(64);
        _loop = AcceptAsync();
    }

    /// <summary>How many connections were made.</summary>
    public int Connections { get; private set; }

    /// <summary>Always the same answer, then the end of the connection, which the answer tells: a client that kept it for its next request would run into the end.</summary>
    public static SocketServer Saying(string path, string answer) => new(path, async (stream, _, cancellationToken) =>
    {
        var header = answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? answer.IndexOf("\r\n", StringComparison.Ordinal) : -1;
        await stream.WriteAsync(Encoding.Latin1.GetBytes(header < 0 ? answer : answer.Insert(header, "\r\nConnection: close")), cancellationToken);
    });

    /// <summary>Leaves a socket at which nobody listens any more.</summary>
    public static void Leave(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".made"));
        // By another name, for the base library takes away what it has made.
        File.Move(path + ".made", path);
    }

    /// <summary>An answer with a body.</summary>
    public static string Answer(string status, string body, string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    /// <summary>The header of a stream of events, which lasts as long as the connection.</summary>
    public const string EventsHeader = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _socket.Dispose();
        await _loop;
        File.Delete(_path);
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var connection = await _socket.AcceptAsync(_end.Token);
                Connections++;
                connections.Add(ServeAsync(connection));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(Socket connection)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        try
        {
            var header = new StringBuilder();
            var buffer = new byte[4096];
            while (!header.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, _end.Token) is > 0 and var count)
                header.Append(Encoding.Latin1.GetString(buffer, 0, count));
            await _serve(stream, header.ToString(), _end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Its client has gone, or the test is over.
        }
    }
}
