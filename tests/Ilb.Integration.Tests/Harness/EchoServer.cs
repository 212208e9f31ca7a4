using System.Net;
using System.Net.Sockets;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A server in a namespace: over TCP it keeps connections open, over TCP and UDP it sends back what it gets.</summary>
public sealed class EchoServer : IDisposable
{
    private readonly Socket _socket;

    private EchoServer(Socket socket) => _socket = socket;

    public static EchoServer Tcp(TestNamespace space, IPAddress address, int port)
    {
        var server = new EchoServer(Sockets.Open(space, address.AddressFamily, ProtocolType.Tcp));
        server._socket.Bind(new IPEndPoint(address, port));
        server._socket.Listen(1024);
        _ = server.AcceptAsync();
        return server;
    }

    public static EchoServer Udp(TestNamespace space, IPAddress address, int port)
    {
        var server = new EchoServer(Sockets.Open(space, address.AddressFamily, ProtocolType.Udp));
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

    private static async Task EchoAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                var buffer = new byte[4096];
                while (await connection.ReceiveAsync(buffer) is > 0 and var length)
                    await connection.SendAsync(buffer.AsMemory(0, length));
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            var buffer = new byte[4096];
            var anyone = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, anyone);
                await _socket.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
