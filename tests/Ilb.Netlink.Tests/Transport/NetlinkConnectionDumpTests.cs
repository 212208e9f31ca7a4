using Ilb.Netlink.Transport;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Netlink.Tests.Transport;

/// <summary>Lists.</summary>
public sealed class NetlinkConnectionDumpTests
{
    private readonly ScriptedKernel _kernel = new();

    [Fact]
    public void A_list_is_read_over_all_its_datagrams_up_to_DONE()
    {
        _kernel.Answers(Together(Number(1), Number(2)), Number(3), Together(Number(4), Done()));
        using var connection = _kernel.Connect();
        Assert.Equal([1u, 2u, 3u, 4u], Dump(connection));
        Assert.True(connection.IsClean);
        Assert.Equal(0x301, Assert.Single(_kernel.Requests).Flags);
    }

    [Fact]
    public void A_list_may_be_empty()
    {
        _kernel.Answers(Done());
        Assert.Empty(Dump(_kernel.Connect()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_list_that_was_disturbed_is_read_again_whichever_message_says_so(int which)
    {
        Reply[] replies = [Number(1), Number(2), Done()];
        replies[which] = Interrupted(replies[which]);
        _kernel.Answers(replies);
        _kernel.Answers(Number(3), Done());
        using var connection = _kernel.Connect();
        Assert.Equal([3u], Dump(connection));
        Assert.Equal([1u, 2u], _kernel.Requests.Select(request => request.Sequence));
    }

    [Fact]
    public void A_list_that_is_disturbed_for_ever_is_given_up()
    {
        _kernel.Otherwise(_ => [Number(1), Interrupted(Done())]);
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Dump(connection));
        Assert.Equal((NetlinkErrorCode.Interrupted, true), (error.Code, error.IsTransient));
        Assert.Equal("the list changed while it was read, 8 times in a row", error.Message);
        Assert.Equal(8, _kernel.Requests.Count);
        Assert.True(connection.IsClean);
    }

    [Fact]
    public void A_list_that_was_truncated_is_read_to_its_end_and_again_with_room()
    {
        Reply large = Grown(Number(2), 100_000);
        _kernel.Answers(Number(1), large, Number(3), Done());
        _kernel.Answers(Number(1), large, Number(3), Done());
        using var connection = _kernel.Connect();
        Assert.Equal([1u, 2u, 3u], Dump(connection));
        Assert.Equal(2, _kernel.Requests.Count);
    }

    [Fact]
    public void A_list_that_outgrows_every_buffer_is_given_up()
    {
        int length = 70_000;
        _kernel.Otherwise(_ => [Grown(Number(1), length += 70_000), Done()]);
        Assert.Equal(NetlinkErrorCode.Interrupted, Assert.Throws<NetlinkException>(() => Dump(_kernel.Connect())).Code);
        Assert.Equal(8, _kernel.Requests.Count);
    }

    [Fact]
    public void Answers_to_earlier_requests_are_skipped()
    {
        _kernel.Answers(Done());
        _kernel.Answers(Stale(Number(7)), Stale(Interrupted(Done())), Stale(Refuse(16)), Number(1), Done());
        using var connection = _kernel.Connect();
        Dump(connection);
        Assert.Equal([1u], Dump(connection));
    }

    [Fact]
    public void A_refusal_instead_of_a_list_is_told()
    {
        _kernel.Answers(Refuse(1, text: "no"));
        var error = Assert.Throws<NetlinkException>(() => Dump(_kernel.Connect()));
        Assert.Equal((NetlinkErrorCode.PermissionDenied, 1, "no"), (error.Code, error.Errno, error.KernelMessage));
    }

    [Fact]
    public void An_error_at_the_end_of_a_list_is_told()
    {
        _kernel.Answers(Number(1), Done(12, "no room", offset: 16));
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Dump(connection));
        Assert.Equal((NetlinkErrorCode.OutOfMemory, 12, "no room", 16, true), (error.Code, error.Errno, error.KernelMessage, error.Offset, error.IsTransient));
        Assert.True(connection.IsClean);
    }

    // The kernel may hold the dump as under way for ever then: the socket must not be used again.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_loss_within_a_list_is_an_overrun_and_the_connection_is_not_used_again(bool whileDraining)
    {
        _kernel.Answers(whileDraining ? Grown(Number(1), 70_000) : Number(1), Overrun);
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Dump(connection));
        Assert.Equal((NetlinkErrorCode.Overrun, 105, true), (error.Code, error.Errno, error.IsTransient));
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void A_message_of_loss_within_a_list_is_an_overrun()
    {
        _kernel.Answers(Number(1), OverrunMessage());
        Assert.Equal(NetlinkErrorCode.Overrun, Assert.Throws<NetlinkException>(() => Dump(_kernel.Connect())).Code);
    }

    [Fact]
    public void A_list_without_end_times_out()
    {
        _kernel.Answers(Number(1));
        using var connection = _kernel.Connect();
        Assert.Equal(NetlinkErrorCode.Timeout, Assert.Throws<NetlinkException>(() => Dump(connection)).Code);
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void Garbage_within_a_list_is_a_protocol_error()
    {
        _kernel.Answers(Number(1), Bytes(1, 2, 3));
        using var connection = _kernel.Connect();
        Assert.Equal(NetlinkErrorCode.Protocol, Assert.Throws<NetlinkException>(() => Dump(connection)).Code);
        Assert.False(connection.IsClean);
    }

    private static Reply Number(uint number) => Lists(GenericHeader(1), U32(9, number));

    private static List<uint> Dump(NetlinkConnection connection)
    {
        var numbers = new Answers<uint>(Probe.Number);
        connection.Dump(new Probe(), ref numbers);
        return numbers.List;
    }
}
