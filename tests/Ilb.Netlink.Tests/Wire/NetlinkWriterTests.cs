using System.Net;
using Ilb.Netlink.Wire;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Wire;

public sealed class NetlinkWriterTests
{
    [Fact]
    public void A_message_is_a_header_with_its_length_and_what_was_written()
    {
        var writer = new NetlinkWriter(Dirty(64));
        int start = writer.StartMessage(type: 0x24, flags: 0x5, sequence: 7);
        writer.WriteGenericHeader(command: 3, version: 1);
        writer.WriteUInt32(type: 8, 360);
        writer.EndMessage(start);

        AssertWritten("1c000000 2400 0500 07000000 00000000  03 01 0000  0800 0800 68010000", ref writer);
    }

    [Fact]
    public void Each_kind_of_attribute_has_its_byte_order_and_zero_padding()
    {
        var writer = new NetlinkWriter(Dirty(256));
        writer.WriteByte(1, 0xab);
        writer.WriteUInt16(2, 0x1234);
        writer.WriteUInt16BigEndian(3, 0x1234);
        writer.WriteUInt32(4, 0x12345678);
        writer.WriteUInt32BigEndian(5, 0x12345678);
        writer.WriteUInt64(6, 0x123456789abcdef0);
        writer.WriteBytes(7, [1, 2, 3, 4, 5]);
        writer.WriteBytes(8, []);
        writer.WriteString(9, "wlc");
        writer.WriteString(10, "rr");
        writer.WriteString(11, "");
        writer.WriteAddress(12, IPAddress.Parse("192.0.2.1"));
        writer.WriteAddress(13, IPAddress.Parse("2001:db8::1"));

        AssertWritten(
            """
            0500 0100 ab000000
            0600 0200 34120000
            0600 0300 12340000
            0800 0400 78563412
            0800 0500 12345678
            0c00 0600 f0debc9a78563412
            0900 0700 0102030405000000
            0400 0800
            0800 0900 776c6300
            0700 0a00 72720000
            0500 0b00 00000000
            0800 0c00 c0000201
            1400 0d00 20010db8000000000000000000000001
            """, ref writer);
    }

    [Fact]
    public void A_nested_attribute_has_the_length_of_its_content_and_no_flag()
    {
        var writer = new NetlinkWriter(Dirty(64));
        int outer = writer.StartNested(1);
        int inner = writer.StartNested(2);
        writer.WriteByte(3, 9);
        writer.EndNested(inner);
        writer.WriteByte(4, 8);
        writer.EndNested(outer);

        AssertWritten("1800 0100  0c00 0200  0500 0300 09000000  0500 0400 08000000", ref writer);
    }

    [Fact]
    public void What_does_not_fit_is_not_written_and_is_told()
    {
        var buffer = Dirty(40);
        var writer = new NetlinkWriter(buffer);
        int start = writer.StartMessage(1, 1, 1);
        writer.WriteUInt32(1, 1);
        writer.WriteBytes(2, new byte[16]);
        Assert.True(writer.Overflowed);
        writer.WriteByte(3, 1);
        Assert.Equal(24, writer.Length);
        writer.EndMessage(start);

        Assert.True(writer.Overflowed);
        Assert.All(buffer[24..], value => Assert.Equal(0xee, value));
    }

    [Fact]
    public void Padding_counts_when_it_is_asked_whether_something_fits()
    {
        var writer = new NetlinkWriter(Dirty(7));
        writer.WriteUInt16(1, 1);
        Assert.True(writer.Overflowed);
    }

    [Fact]
    public void After_a_roll_back_the_last_whole_message_stands_and_writing_goes_on()
    {
        var writer = new NetlinkWriter(Dirty(32));
        int first = writer.StartMessage(1, 0, 1);
        writer.EndMessage(first);
        int second = writer.StartMessage(1, 0, 2);
        writer.WriteUInt32(1, 1);
        writer.EndMessage(second);
        Assert.True(writer.Overflowed);

        writer.RollBack(second);

        Assert.False(writer.Overflowed);
        writer.WriteByte(1, 0xff);
        AssertWritten("10000000 0100 0000 01000000 00000000  0500 0100 ff000000", ref writer);
    }

    [Fact]
    public void A_message_that_has_no_room_for_its_header_is_an_overflow()
    {
        var writer = new NetlinkWriter(Dirty(15));
        writer.EndMessage(writer.StartMessage(1, 0, 1));
        Assert.True(writer.Overflowed);
        Assert.Equal(0, writer.Length);
    }

    private static byte[] Dirty(int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(0xee);
        return bytes;
    }

    private static void AssertWritten(string hex, ref NetlinkWriter writer)
    {
        Assert.False(writer.Overflowed);
        Assert.Equal(KernelBytes.Hex(hex), writer.Written.ToArray());
    }
}
