using System.Globalization;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Integration.Tests.Kernel;

/// <summary>How much of the receive queue acknowledgements take, what a full one does, and that ours never is.</summary>
public sealed class ReceiveQueueTests : KernelTest
{
    [Theory]
    [InlineData("success")]
    [InlineData("error")]
    [InlineData("error with text")]
    public void An_acknowledgement_takes_less_of_the_queue_than_we_reckon_with(string kind)
    {
        using var socket = Space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol));
        ushort family;
        using (var look = new NetlinkConnection(Space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol)), NetlinkOptions.Default, GenericFamily.ReceiveBufferLength))
            family = GenericFamily.Resolve(look, "IPVS");
        var requests = new Requests(family, 1_000, kind);
        var buffer = new byte[NetlinkConnection.SendBufferLength];
        var writer = new NetlinkWriter(buffer);
        for (int i = 0; i < requests.Count; i++)
        {
            int start = writer.StartMessage(family, NetlinkConstants.FlagRequest | NetlinkConstants.FlagAcknowledge, (uint)i + 1);
            requests.WriteBody(i, ref writer);
            writer.EndMessage(start);
        }

        Assert.False(writer.Overflowed);
        socket.Send(buffer.AsSpan(0, writer.Length));
        int charge = QueuedBytes() / requests.Count;
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {charge} bytes an acknowledgement, {socket.MaximumRequests} requests a send");
        Assert.InRange(charge, 1, 2 * 1_048_576 / socket.MaximumRequests);
    }

    [Fact]
    public void A_full_send_of_refused_requests_loses_no_acknowledgement()
    {
        using var connection = new NetlinkConnection(Space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol)), NetlinkOptions.Default, GenericFamily.ReceiveBufferLength);
        var requests = new Requests(GenericFamily.Resolve(connection, "IPVS"), 10_000, "error with text");
        connection.Batch(ref requests, Cancellation);
        Assert.Equal((10_000, 0), (requests.Texts, requests.Losses));
    }

    [Fact]
    public void An_overrun_queue_tells_which_answers_are_lost_and_the_connection_goes_on()
    {
        using var connection = new NetlinkConnection(new Careless(Space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol))), NetlinkOptions.Default, GenericFamily.ReceiveBufferLength);
        var requests = new Requests(GenericFamily.Resolve(connection, "IPVS"), 3_200, "success");
        connection.Batch(ref requests, Cancellation);
        Assert.InRange(requests.Losses, 1, 3_199);
        Assert.True(connection.IsClean);

        var more = new Requests(GenericFamily.Resolve(connection, "IPVS"), 1, "error with text");
        connection.Batch(ref more, Cancellation);
        Assert.Equal((1, 0), (more.Texts, more.Losses));
        Assert.Empty(new IpvsExchange(connection).Services());
    }

    // The namespace is ours alone: what waits there waits for us.
    private int QueuedBytes()
    {
        string[] lines = Space.Run(() => File.ReadAllLines("/proc/thread-self/net/netlink"));
        return lines.Skip(1).Max(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], CultureInfo.InvariantCulture));
    }

    /// <summary>A socket that does not care how much its queue holds.</summary>
    private sealed class Careless(NetlinkSocket socket) : INetlinkSocket
    {
        public int MaximumRequests => int.MaxValue;

        public void Send(ReadOnlySpan<byte> datagram) => socket.Send(datagram);

        public int Receive(Span<byte> buffer, TimeSpan timeout) => socket.Receive(buffer, timeout);

        public void Dispose() => socket.Dispose();
    }

    /// <summary>The smallest requests: a flush, the removal of an unknown service, a timeout of two bytes instead of four, at which the kernel finds words.</summary>
    private struct Requests(ushort family, int count, string kind) : INetlinkBatch
    {
        public int Texts { get; private set; }

        public int Losses { get; private set; }

        public readonly int Count => count;

        public readonly ushort MessageType => family;

        public readonly void WriteBody(int index, ref NetlinkWriter writer)
        {
            switch (kind)
            {
                case "success":
                    IpvsWriter.Header(ref writer, IpvsConstants.Command.Flush);
                    break;
                case "error":
                    IpvsWriter.Write(ref writer, Make.Remove(IpvsServiceKey.ForFirewallMark(1)));
                    break;
                default:
                    IpvsWriter.Header(ref writer, IpvsConstants.Command.SetConfig);
                    writer.WriteUInt16(IpvsConstants.Top.TimeoutTcp, 1);
                    break;
            }
        }

        public void Refused(int index, in NetlinkAcknowledgement acknowledgement)
        {
            if (acknowledgement is { Errno: 34, Text: "Attribute failed policy validation", Offset: 20 })
                Texts++;
        }

        public void Lost(int index) => Losses++;
    }
}
