using Ilb.Netlink.Wire;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Netlink.Tests.Wire;

public sealed class NetlinkAcknowledgementTests
{
    private const ushort Error = 2, Done = 3, Capped = 0x100, Attributes = 0x200;

    // A request of 24 bytes, as the kernel echoes it.
    private static readonly byte[] Request = Message(0x24, 5, 7, GenericHeader(3), new byte[4]);

    [Fact]
    public void Zero_is_success() => AssertRead(Message(Error, Capped, 7, Number(0), Request[..16]), 0, null, null);

    [Fact]
    public void A_negative_number_is_the_errno() => AssertRead(Message(Error, Capped, 7, Number(-17), Request[..16]), 17, null, null);

    [Fact]
    public void The_kernels_words_and_offset_follow_the_capped_header() =>
        AssertRead(Message(Error, Capped | Attributes, 7, Number(-22), Request[..16], Text(1, "bad weight"), U32(2, 20)), 22, "bad weight", 20);

    [Fact]
    public void The_kernels_words_and_offset_follow_the_whole_request_if_it_is_not_capped() =>
        AssertRead(Message(Error, Attributes, 7, Number(-22), Request, Text(1, "bad weight"), U32(2, 20)), 22, "bad weight", 20);

    [Fact]
    public void Unknown_attributes_are_passed_over() =>
        AssertRead(Message(Error, Capped | Attributes, 7, Number(-22), Request[..16], Attribute(3, 1, 2), U32(5, 4), Text(1, "so")), 22, "so", null);

    [Fact]
    public void Without_the_flag_nothing_behind_the_request_is_read() =>
        AssertRead(Message(Error, Capped, 7, Number(-22), Request[..16], [1, 2, 3]), 22, null, null);

    [Fact]
    public void A_warning_on_success_is_no_error() =>
        AssertRead(Message(Error, Capped | Attributes, 7, Number(0), Request[..16], Text(1, "deprecated")), 0, null, null);

    [Fact]
    public void The_end_of_a_dump_tells_success_or_an_error_with_words()
    {
        AssertRead(Message(Done, 2, 7, Number(0)), 0, null, null);
        AssertRead(Message(Done, 2 | Attributes, 7, Number(-16), Text(1, "try later"), U32(2, 16)), 16, "try later", 16);
    }

    [Fact]
    public void The_end_of_a_dump_may_promise_words_that_had_no_room() => AssertRead(Message(Done, 2 | Attributes, 7, Number(-16)), 16, null, null);

    [Fact]
    public void The_end_of_a_dump_without_a_number_is_success() => AssertRead(Message(Done, 2, 7), 0, null, null);

    [Theory]
    [InlineData(2, 0, "")]
    [InlineData(2, 0, "ef ff ff")]
    [InlineData(3, 0, "ef ff")]
    [InlineData(2, 0, "01 00 00 00")]
    [InlineData(2, 0, "00 f0 ff ff")]
    [InlineData(2, 0, "00 00 00 80")]
    [InlineData(2, 0x200, "ea ff ff ff")]
    [InlineData(2, 0x200, "ea ff ff ff 0f000000 00000000 00000000 00000000")]
    [InlineData(2, 0x200, "ea ff ff ff 11000000 00000000 00000000 00000000")]
    [InlineData(2, 0x200, "ea ff ff ff ffffffff 00000000 00000000 00000000")]
    [InlineData(2, 0x300, "ea ff ff ff 10000000 00000000 00000000 00000000 ff")]
    [InlineData(2, 0x300, "ea ff ff ff 10000000 00000000 00000000 00000000 06000200 01020000")]
    public void What_makes_no_sense_is_a_protocol_error(ushort type, ushort flags, string payload)
    {
        var bytes = Message(type, flags, 7, Hex(payload));
        Assert.Equal(NetlinkErrorCode.Protocol, Assert.Throws<NetlinkException>(() => Read(bytes)).Code);
    }

    private static void AssertRead(byte[] message, int errno, string? text, int? offset)
    {
        var read = Read(message);
        Assert.Equal((errno, text, offset), (read.Errno, read.Text, read.Offset));
    }

    private static NetlinkAcknowledgement Read(byte[] bytes)
    {
        var reader = new NetlinkMessageReader(bytes);
        Assert.True(reader.MoveNext());
        return NetlinkAcknowledgement.Read(reader.Current);
    }

    private static byte[] Number(int error) => BitConverter.GetBytes(error);
}
