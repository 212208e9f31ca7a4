using Ilb.Netlink.Transport;

namespace Ilb.Benchmarks;

/// <summary>A socket that writes down what it sends, for the C program to send the same: the length, the number of requests, the bytes.</summary>
internal sealed class RecordingSocket(INetlinkSocket socket, BinaryWriter record) : INetlinkSocket
{
    public int MaximumRequests => socket.MaximumRequests;

    public void Send(ReadOnlySpan<byte> datagram)
    {
        var messages = new Netlink.Wire.NetlinkMessageReader(datagram);
        int count = 0;
        bool batch = false;
        while (messages.MoveNext())
        {
            count++;
            // Not the look-up of the family.
            batch = messages.Current.Type >= 0x11;
        }

        if (batch)
        {
            record.Write(datagram.Length);
            record.Write(count);
            record.Write(datagram);
        }

        socket.Send(datagram);
    }

    public int Receive(Span<byte> buffer, TimeSpan timeout) => socket.Receive(buffer, timeout);

    public void Dispose() => socket.Dispose();
}
