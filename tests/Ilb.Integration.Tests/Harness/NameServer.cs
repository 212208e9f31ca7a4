using System.Net;
using System.Net.Sockets;
using System.Text;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A server in a namespace that tells its name to each client that has asked, and closes.</summary>
internal sealed class NameServer : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _name;
    private readonly TimeSpan _delay;

    /// <summary>Listens at all addresses of both families.</summary>
    /// <param name="space">The server's namespace.</param>
    /// <param name="port">Its port.</param>
    /// <param name="name">What it answers.</param>
    /// <param name="delay">How long each answer takes, while the connection is open; default none.</param>
    public NameServer(TestNamespace space, int port, string name, TimeSpan delay = default)
    {
        _delay = delay;
        _name = Encoding.ASCII.GetBytes(name);
        _socket = Sockets.Open(space, AddressFamily.InterNetworkV6, ProtocolType.Tcp);
        _socket.DualMode = true;
        _socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        _socket.Listen(4096);
        _ = AcceptAsync();
    }

    /// <summary>Asks for the name.</summary>
    /// <param name="from">The client's namespace.</param>
    /// <param name="client">Its address there.</param>
    /// <param name="to">Whom it asks.</param>
    /// <param name="port">The client's port; 0 (default) = any.</param>
    /// <exception cref="IOException">The answer was cut short.</exception>
    /// <exception cref="SocketException">There was no connection, or it broke.</exception>
    public static async Task<string> AskAsync(TestNamespace from, IPAddress client, IPEndPoint to, int port = 0)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeLimit.FromSeconds(20));
        using var socket = Sockets.Open(from, to.AddressFamily, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(client, port));
        await socket.ConnectAsync(to, limit.Token);
        await socket.SendAsync("?"u8.ToArray(), limit.Token);
        var answer = new byte[64];
        int length = 0;
        while (await socket.ReceiveAsync(answer.AsMemory(length), limit.Token) is > 0 and var more)
            length += more;
        return length > 0 ? Encoding.ASCII.GetString(answer, 0, length) : throw new IOException($"{to} closed the connection without an answer");
    }

    public void Dispose() => _socket.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _socket.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                await connection.ReceiveAsync(new byte[1]);
                if (_delay > TimeSpan.Zero)
                    await Task.Delay(_delay, TimeProvider.System);
                await connection.SendAsync(_name);
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }
}
