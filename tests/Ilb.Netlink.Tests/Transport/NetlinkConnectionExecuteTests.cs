using Ilb.Netlink.Transport;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Netlink.Tests.Transport;

/// <summary>One request and its answer.</summary>
public sealed class NetlinkConnectionExecuteTests
{
    private readonly ScriptedKernel _kernel = new();

    [Fact]
    public void An_answer_is_read_up_to_its_acknowledgement()
    {
        _kernel.Answers(Says(GenericHeader(1), U32(9, 1)), Says(GenericHeader(1), U32(9, 2)), Acknowledge());
        using var connection = _kernel.Connect();

        Assert.Equal([1u, 2u], Execute(connection));
        Assert.True(connection.IsClean);
        var sent = Assert.Single(_kernel.Requests);
        Assert.Equal((0x24, 5, 42u), (sent.Type, sent.Flags, sent.Find(8)!.U32));
    }

    [Fact]
    public void An_answer_and_its_acknowledgement_may_share_a_datagram()
    {
        _kernel.Answers(Together(Noop(), Says(GenericHeader(1), U32(9, 1)), Noop(), Acknowledge()));
        Assert.Equal([1u], Execute(_kernel.Connect()));
    }

    [Fact]
    public void A_DONE_serves_as_acknowledgement()
    {
        _kernel.Answers(Says(GenericHeader(1), U32(9, 1)), Done());
        Assert.Equal([1u], Execute(_kernel.Connect()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_refusal_has_the_errno_and_the_kernels_words_and_offset(bool capped)
    {
        _kernel.Answers(Refuse(22, text: "weight out of range", offset: 20, capped: capped));
        using var connection = _kernel.Connect();

        var error = Assert.Throws<NetlinkException>(() => Execute(connection));

        Assert.Equal((NetlinkErrorCode.InvalidArgument, 22, "weight out of range", 20), (error.Code, error.Errno, error.KernelMessage, error.Offset));
        Assert.Equal("probing: Invalid argument (weight out of range)", error.Message);
        Assert.False(error.IsTransient);
        Assert.True(connection.IsClean);
    }

    [Fact]
    public void After_a_refusal_the_connection_goes_on()
    {
        _kernel.Answers(Refuse(16));
        _kernel.Answers(Acknowledge());
        using var connection = _kernel.Connect();
        Assert.True(Assert.Throws<NetlinkException>(() => Execute(connection)).IsTransient);
        Assert.Empty(Execute(connection));
    }

    [Fact]
    public void Answers_to_earlier_requests_are_skipped()
    {
        _kernel.Answers(Acknowledge());
        _kernel.Answers(Stale(Says(GenericHeader(1), U32(9, 7))), Stale(Refuse(17)), Together(Stale(Acknowledge()), Says(GenericHeader(1), U32(9, 1)), Acknowledge()));
        using var connection = _kernel.Connect();
        Execute(connection);
        Assert.Equal([1u], Execute(connection));
    }

    [Fact]
    public void Silence_times_out()
    {
        _kernel.Answers();
        var before = _kernel.Clock.GetUtcNow();
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Execute(connection));
        Assert.Equal((NetlinkErrorCode.Timeout, true, 0), (error.Code, error.IsTransient, error.Errno));
        Assert.Equal("the kernel has not answered 1 request within 10 s", error.Message);
        Assert.Equal(TimeSpan.FromSeconds(10), _kernel.Clock.GetUtcNow() - before);
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void An_answer_without_acknowledgement_times_out()
    {
        _kernel.Answers(Says(GenericHeader(1), U32(9, 1)));
        Assert.Equal(NetlinkErrorCode.Timeout, Assert.Throws<NetlinkException>(() => Execute(_kernel.Connect())).Code);
    }

    public static TheoryData<string> Losses => ["ENOBUFS", "message"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_lost_answer_is_an_overrun(string how)
    {
        _kernel.Answers(how == "ENOBUFS" ? Overrun : OverrunMessage());
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Execute(connection));
        Assert.Equal((NetlinkErrorCode.Overrun, 105, true), (error.Code, error.Errno, error.IsTransient));
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void A_truncated_answer_is_a_protocol_error()
    {
        _kernel.Answers(Grown(Says(GenericHeader(1), U32(9, 1)), 70_000), Acknowledge());
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Execute(connection));
        Assert.Equal(NetlinkErrorCode.Protocol, error.Code);
        Assert.Contains(" bytes, more than ", error.Message, StringComparison.Ordinal);
        Assert.False(connection.IsClean);
    }

    [Theory]
    [InlineData("01")]
    [InlineData("ffffffff 0200 0000 01000000 00000000")]
    [InlineData("10000000 0200 0000 01000000 00000000")]
    public void Garbage_is_a_protocol_error(string hex)
    {
        _kernel.Answers(Bytes(Hex(hex)), Acknowledge());
        using var connection = _kernel.Connect();
        var error = Assert.Throws<NetlinkException>(() => Execute(connection));
        Assert.Equal((NetlinkErrorCode.Protocol, false), (error.Code, error.IsTransient));
        Assert.False(connection.IsClean);
    }

    [Fact]
    public void A_system_call_that_fails_is_told_and_the_connection_is_not_used_again()
    {
        _kernel.FailsToSend(new NetlinkException(NetlinkErrorCode.SystemCall, "sending", 5));
        _kernel.Answers(Fails(new NetlinkException(NetlinkErrorCode.SystemCall, "receiving", 5)));
        using var sending = _kernel.Connect();
        Assert.Equal("sending", Assert.Throws<NetlinkException>(() => Execute(sending)).Message);
        Assert.False(sending.IsClean);
        using var receiving = _kernel.Connect();
        Assert.Equal("receiving", Assert.Throws<NetlinkException>(() => Execute(receiving)).Message);
        Assert.False(receiving.IsClean);
    }

    [Fact]
    public void A_request_that_fits_into_no_send_is_refused_before_anything_is_sent()
    {
        using var connection = _kernel.Connect();
        Assert.Throws<InvalidOperationException>(() =>
        {
            var numbers = new Answers<uint>(Probe.Number);
            connection.Execute(new Probe { Length = NetlinkConnection.SendBufferLength }, ref numbers);
        });
        Assert.Empty(_kernel.Requests);
        Assert.True(connection.IsClean);
    }

    private static List<uint> Execute(NetlinkConnection connection)
    {
        var numbers = new Answers<uint>(Probe.Number);
        connection.Execute(new Probe(), ref numbers);
        return numbers.List;
    }
}
