using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ilb.Integration.Tests.Harness;

/// <summary>A server in a namespace that says who it is and whom it sees.</summary>
/// <remarks>
/// Its word is <c>s1:80 10.77.1.2 40000</c>: over TCP and SCTP at once and again after each line, over UDP
/// for each datagram, in both families and at all addresses.
/// </remarks>
internal sealed class WhoServer : IDisposable
{
    private readonly TestNamespace _space;
    private readonly int _port;
    private readonly string _name;
    private readonly Lock _lock = new();
    private readonly List<Socket> _sockets = [];
    private readonly Dictionary<IPAddress, Socket> _datagrams = [];
    private volatile bool _isDisposed;

    public WhoServer(TestNamespace space, int port, string name)
    {
        (_space, _port, _name) = (space, port, string.Create(CultureInfo.InvariantCulture, $"{name}:{port}"));
        foreach (var open in (Func<Socket>[])
        [
            () => Sockets.Open(space, AddressFamily.InterNetworkV6, ProtocolType.Tcp),
            () => Sockets.OpenSctp(space, AddressFamily.InterNetworkV6),
        ])
        {
            var listener = open();
            _sockets.Add(listener);
            listener.DualMode = true;
            listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            listener.Listen(1024);
            _ = AcceptAsync(listener);
        }

        DatagramsAt(IPAddress.IPv6Any);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var socket in _sockets)
                socket.Dispose();
        }
    }

    private ReadOnlyMemory<byte> Answer(EndPoint peer)
    {
        var seen = (IPEndPoint)peer;
        var address = seen.Address.IsIPv4MappedToIPv6 ? seen.Address.MapToIPv4() : seen.Address;
        var answer = string.Create(CultureInfo.InvariantCulture, $"{_name} {address} {seen.Port}\n");
        return Encoding.ASCII.GetBytes(answer);
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                var answer = Answer(connection.RemoteEndPoint!);
                await connection.SendAsync(answer);
                var asked = new byte[4096];
                while (await connection.ReceiveAsync(asked) is > 0 and var length)
                {
                    for (var lines = asked.AsSpan(0, length).Count((byte)'\n'); lines > 0; lines--)
                        await connection.SendAsync(answer);
                }
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }

    // The socket at one address, which takes what comes to that address from now on.
    private Socket DatagramsAt(IPAddress address)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_datagrams.TryGetValue(address, out var socket))
                return socket;
            socket = Sockets.Open(_space, AddressFamily.InterNetworkV6, ProtocolType.Udp);
            _sockets.Add(socket);
            socket.DualMode = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);
            socket.Bind(new IPEndPoint(address, _port));
            _datagrams.Add(address, socket);
            _ = ReceiveAsync(socket);
            return socket;
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        var asked = new byte[4096];
        var anyone = new IPEndPoint(IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var received = await socket.ReceiveMessageFromAsync(asked, SocketFlags.None, anyone);
                // The answer must come from the address that was asked, not from the machine's own.
                var own = DatagramsAt(received.PacketInformation.Address);
                await own.SendToAsync(Answer(received.RemoteEndPoint), received.RemoteEndPoint);
            }
            catch (SocketException) when (!_isDisposed)
            {
                // The address has gone, or no way leads to the client: lost, as in a network.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
