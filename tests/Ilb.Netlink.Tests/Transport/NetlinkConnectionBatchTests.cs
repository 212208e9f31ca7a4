using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Netlink.Tests.Transport;

/// <summary>Many requests, each with its acknowledgement.</summary>
public sealed class NetlinkConnectionBatchTests
{
    private readonly ScriptedKernel _kernel = new();

    [Fact]
    public void All_requests_go_in_one_send_and_each_asks_for_an_acknowledgement()
    {
        _kernel.Answers(AcknowledgeAll(3));
        using var connection = _kernel.Connect();
        Assert.Empty(Run(connection, 3));
        Assert.Equal([3], _kernel.Sends);
        Assert.Equal([0u, 1u, 2u], _kernel.Requests.Select(request => request.Find(8)!.U32));
        Assert.All(_kernel.Requests, request => Assert.Equal(5, request.Flags));
        Assert.True(connection.IsClean);
    }

    [Fact]
    public void Acknowledgements_are_matched_in_any_order_and_any_packing()
    {
        _kernel.Answers(Refuse(17, 3), Together(Acknowledge(4), Refuse(2, 0, "which?", 24)), Acknowledge(2), Acknowledge(1));
        Assert.Equal(["3: 17  ", "0: 2 which? 24"], Run(_kernel.Connect(), 5));
    }

    [Fact]
    public void A_second_acknowledgement_of_one_request_counts_for_no_other()
    {
        _kernel.Answers(Refuse(17, 0), Refuse(17, 0), Acknowledge(0), Acknowledge(1), Acknowledge(1), Refuse(3, 2));
        Assert.Equal(["0: 17  ", "2: 3  "], Run(_kernel.Connect(), 3));
    }

    [Fact]
    public void Acknowledgements_of_earlier_requests_are_skipped()
    {
        _kernel.Answers(AcknowledgeAll(2));
        _kernel.Answers(Stale(Refuse(17, 0), age: 1), Stale(Refuse(17, 0), age: 2), Stale(Refuse(17, 1), age: 100), Acknowledge(0), Refuse(3, 1));
        using var connection = _kernel.Connect();
        Run(connection, 2);
        Assert.Equal(["1: 3  "], Run(connection, 2));
    }

    [Fact]
    public void Other_messages_of_the_same_number_are_no_acknowledgement()
    {
        _kernel.Answers(Noop(), Says(GenericHeader(1)), Acknowledge(0), Refuse(17, 1));
        Assert.Equal(["1: 17  "], Run(_kernel.Connect(), 2));
    }

    [Fact]
    public void A_send_holds_no_more_requests_than_the_socket_has_room_for_acknowledgements()
    {
        _kernel.MaximumRequests = 3;
        _kernel.Answers(AcknowledgeAll(3));
        _kernel.Answers(Acknowledge(0), Refuse(17, 1), Acknowledge(2));
        _kernel.Answers(Refuse(3));
        Assert.Equal(["4: 17  ", "6: 3  "], Run(_kernel.Connect(), 7));
        Assert.Equal([3, 3, 1], _kernel.Sends);
    }

    [Fact]
    public void A_send_holds_no_more_bytes_than_its_buffer()
    {
        _kernel.OtherwiseAcknowledges();
        // 16 + 4 + 8 + 1000: 63 fit into 64 KB.
        Assert.Empty(Run(_kernel.Connect(), 200, length: 996));
        Assert.Equal([63, 63, 63, 11], _kernel.Sends);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (uint)i), _kernel.Requests.Select(request => request.Find(8)!.U32));
    }

    [Fact]
    public void After_an_overrun_the_unanswered_are_lost_and_no_others()
    {
        _kernel.Answers(Acknowledge(0), Overrun, Refuse(17, 2));
        using var connection = _kernel.Connect();
        Assert.Equal(["2: 17  ", "1: lost", "3: lost"], Run(connection, 4));
        Assert.True(connection.IsClean);
    }

    [Fact]
    public void After_an_overrun_the_clock_does_not_run_and_the_next_requests_are_sent()
    {
        _kernel.MaximumRequests = 2;
        _kernel.Answers(Overrun);
        _kernel.Answers(AcknowledgeAll(2));
        var before = _kernel.Clock.GetUtcNow();
        Assert.Equal(["0: lost", "1: lost"], Run(_kernel.Connect(), 4));
        Assert.Equal(before, _kernel.Clock.GetUtcNow());
        Assert.Equal([2, 2], _kernel.Sends);
    }

    [Fact]
    public void A_message_of_loss_is_an_overrun_too()
    {
        _kernel.Answers(OverrunMessage(), Acknowledge(1));
        Assert.Equal(["0: lost"], Run(_kernel.Connect(), 2));
    }

    [Fact]
    public void Silence_times_out_and_tells_how_many_are_unanswered()
    {
        _kernel.Answers(Acknowledge(1));
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Run(connection, 3));
        Assert.Equal(NetlinkErrorCode.Timeout, error.Code);
        Assert.Equal("the kernel has not answered 2 requests within 10 s", error.Message);
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void Garbage_is_a_protocol_error()
    {
        _kernel.Answers(Acknowledge(0), Bytes(1, 2, 3));
        using var connection = _kernel.Connect();
        Assert.Equal(NetlinkErrorCode.Protocol, Assert.Throws<NetlinkException>(() => Run(connection, 2)).Code);
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void A_truncated_acknowledgement_is_a_protocol_error()
    {
        _kernel.Answers(Grown(Refuse(17), 70_000));
        var error = Assert.Throws<NetlinkException>(() => Run(_kernel.Connect(), 1));
        Assert.Equal(NetlinkErrorCode.Protocol, error.Code);
        Assert.Contains(" bytes, more than ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_between_two_sends_it_sends_no_more_and_the_connection_stays_usable()
    {
        _kernel.MaximumRequests = 2;
        using var cancellation = new CancellationTokenSource();
        _kernel.Otherwise(sent =>
        {
            cancellation.Cancel();
            return AcknowledgeAll(sent.Count);
        });
        using var connection = _kernel.Connect();
        Assert.Throws<OperationCanceledException>(() => RunCancellable(connection, 6, 0, cancellation.Token));
        Assert.Equal([2], _kernel.Sends);
        Assert.True(connection.IsClean);
    }

    [Fact]
    public void A_request_that_fits_into_no_send_is_refused_and_not_sent()
    {
        using var connection = _kernel.Connect();
        Assert.Throws<InvalidOperationException>(() => Run(connection, 1, length: NetlinkConnection.SendBufferLength));
        Assert.Empty(_kernel.Sends);
    }

    private static List<string> Run(NetlinkConnection connection, int count, int length = 0) => RunCancellable(connection, count, length, TestContext.Current.CancellationToken);

    private static List<string> RunCancellable(NetlinkConnection connection, int count, int length, CancellationToken cancellationToken)
    {
        var batch = new Batch(count, length, []);
        connection.Batch(ref batch, cancellationToken);
        return batch.Failures;
    }

    private readonly struct Batch(int count, int length, List<string> failures) : INetlinkBatch
    {
        public List<string> Failures => failures;

        public int Count => count;

        public ushort MessageType => ScriptedKernel.IpvsFamily;

        public void WriteBody(int index, ref NetlinkWriter writer)
        {
            writer.WriteGenericHeader(5, 1);
            writer.WriteUInt32(8, (uint)index);
            if (length > 0)
                writer.WriteBytes(7, new byte[length]);
        }

        public void Refused(int index, in NetlinkAcknowledgement acknowledgement) =>
            failures.Add($"{index}: {acknowledgement.Errno} {acknowledgement.Text} {acknowledgement.Offset}");

        public void Lost(int index) => failures.Add($"{index}: lost");
    }
}
