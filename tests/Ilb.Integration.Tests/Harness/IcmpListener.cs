using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Ilb.Integration.Tests.Harness;

/// <summary>Hears the ICMP errors of TCP and UDP that reach a namespace.</summary>
internal sealed class IcmpListener : IDisposable
{
    private readonly Socket _socket;
    private readonly ConcurrentQueue<IcmpError> _errors = new();

    public IcmpListener(TestNamespace space, AddressFamily family)
    {
        var isV6 = family == AddressFamily.InterNetworkV6;
        _socket = space.Run(() => new Socket(family, SocketType.Raw, isV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp));
        _socket.Bind(new IPEndPoint(isV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
        _ = ReceiveAsync(isV6);
    }

    /// <summary>All of them so far.</summary>
    public IReadOnlyList<IcmpError> Errors => [.. _errors];

    public void Dispose() => _socket.Dispose();

    private async Task ReceiveAsync(bool isV6)
    {
        try
        {
            var buffer = new byte[2048];
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(isV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
                // A raw socket of IPv4 gives the IP header too.
                if (Parse(buffer.AsSpan(0, received.ReceivedBytes), isV6, ((IPEndPoint)received.RemoteEndPoint).Address) is { } error)
                    _errors.Enqueue(error);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static IcmpError? Parse(ReadOnlySpan<byte> packet, bool isV6, IPAddress from)
    {
        // A raw socket of IPv4 gives the IP header too.
        var message = packet[(isV6 ? 0 : (packet[0] & 15) * 4)..];
        var isError = isV6 ? message[0] < 128 : message[0] is 3 or 4 or 5 or 11 or 12;
        if (!isError || message.Length < 8 + (isV6 ? 44 : 24))
            return null;
        var about = message[8..];
        var ports = about[(isV6 ? 40 : (about[0] & 15) * 4)..];
        return new IcmpError(
            (message[0], message[1]),
            from,
            new IPEndPoint(new IPAddress(isV6 ? about[8..24] : about[12..16]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(new IPAddress(isV6 ? about[24..40] : about[16..20]), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }
}
