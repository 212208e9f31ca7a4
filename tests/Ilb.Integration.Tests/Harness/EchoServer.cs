using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A server in a namespace: over TCP it keeps connections open, over TCP and UDP it sends back what it gets, behind its name if it has one.</summary>
public sealed class EchoServer : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _name;

    private EchoServer(Socket socket, string name) => (_socket, _name) = (socket, Encoding.ASCII.GetBytes(name));

    public static EchoServer Tcp(TestNamespace space, IPAddress address, int port, string name = "")
    {
        var server = new EchoServer(Sockets.Open(space, address.AddressFamily, ProtocolType.Tcp), name);
        server._socket.Bind(new IPEndPoint(address, port));
        server._socket.Listen(1024);
        _ = server.AcceptAsync();
        return server;
    }

    public static EchoServer Udp(TestNamespace space, IPAddress address, int port, string name = "")
    {
        var server = new EchoServer(Sockets.Open(space, address.AddressFamily, ProtocolType.Udp), name);
        server._socket.Bind(new IPEndPoint(address, port));
        _ = server.ReceiveAsync();
        return server;
    }

    public void Dispose() => _socket.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await _socket.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task EchoAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                var buffer = new byte[4096];
                while (await connection.ReceiveAsync(buffer) is > 0 and var length)
                    await connection.SendAsync(Answer(buffer, length));
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }

    private ReadOnlyMemory<byte> Answer(byte[] buffer, int length) => (byte[])[.. _name, .. buffer.AsSpan(0, length)];

    private async Task ReceiveAsync()
    {
        try
        {
            var buffer = new byte[4096];
            var anyone = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, anyone);
                await _socket.SendToAsync(Answer(buffer, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
