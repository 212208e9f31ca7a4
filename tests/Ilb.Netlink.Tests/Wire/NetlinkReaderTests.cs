using System.Net;
using Ilb.Netlink.Wire;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Netlink.Tests.Wire;

public sealed class NetlinkReaderTests
{
    [Fact]
    public void Messages_of_a_datagram_are_walked_over_their_padding()
    {
        // The first has 17 bytes and three of padding.
        var bytes = Hex("11000000 2400 0200 07000000 09000000 ff 000000  10000000 0300 0000 08000000 00000000");
        var reader = new NetlinkMessageReader(bytes);

        Assert.True(reader.MoveNext());
        Assert.Equal(0x24, reader.Current.Type);
        Assert.Equal(0x2, reader.Current.Flags);
        Assert.Equal(7u, reader.Current.Sequence);
        Assert.Equal([0xff], reader.Current.Payload.ToArray());
        Assert.True(reader.MoveNext());
        Assert.Equal(3, reader.Current.Type);
        Assert.Equal(8u, reader.Current.Sequence);
        Assert.True(reader.Current.Payload.IsEmpty);
        Assert.False(reader.MoveNext());
    }

    [Fact]
    public void The_padding_of_the_last_message_may_be_missing()
    {
        var reader = new NetlinkMessageReader(Hex("11000000 2400 0200 07000000 09000000 ff"));
        Assert.True(reader.MoveNext());
        Assert.False(reader.MoveNext());
    }

    [Fact]
    public void An_empty_datagram_has_no_message() => Assert.False(new NetlinkMessageReader([]).MoveNext());

    [Theory]
    [InlineData("10000000 0300 0000 08000000 000000")]
    [InlineData("0f000000 0300 0000 08000000 00000000")]
    [InlineData("11000000 0300 0000 08000000 00000000")]
    [InlineData("00000000 0300 0000 08000000 00000000")]
    [InlineData("ffffffff 0300 0000 08000000 00000000")]
    [InlineData("10000080 0300 0000 08000000 00000000")]
    [InlineData("10000000 0300 0000 08000000 00000000 00")]
    public void Bytes_that_are_no_messages_are_a_protocol_error(string hex) => AssertProtocolError(() =>
    {
        var reader = new NetlinkMessageReader(Hex(hex));
        while (reader.MoveNext())
        {
        }
    });

    [Fact]
    public void Attributes_are_walked_over_their_padding_and_read_by_kind()
    {
        var reader = new NetlinkAttributeReader(Join(
            U8(1, 0xab), U16(2, 0x1234), Be16(3, 0x1234), U32(4, 0x12345678), Be32(5, 0x12345678), U64(6, 0x123456789abcdef0), Attribute(7, 1, 2, 3), Text(8, "wlc")));

        Assert.True(reader.MoveNext());
        Assert.Equal((1, 0xab), (reader.Type, reader.Byte()));
        Assert.True(reader.MoveNext());
        Assert.Equal((2, 0x1234), (reader.Type, reader.UInt16()));
        Assert.True(reader.MoveNext());
        Assert.Equal((3, 0x1234), (reader.Type, reader.UInt16BigEndian()));
        Assert.True(reader.MoveNext());
        Assert.Equal((4, 0x12345678u), (reader.Type, reader.UInt32()));
        Assert.True(reader.MoveNext());
        Assert.Equal((5, 0x12345678u), (reader.Type, reader.UInt32BigEndian()));
        Assert.True(reader.MoveNext());
        Assert.Equal((6, 0x123456789abcdef0ul), (reader.Type, reader.UInt64()));
        Assert.True(reader.MoveNext());
        Assert.Equal([1, 2, 3], reader.Payload.ToArray());
        Assert.True(reader.MoveNext());
        Assert.Equal("wlc", reader.String());
        Assert.False(reader.MoveNext());
    }

    [Theory]
    [InlineData(0x8000)]
    [InlineData(0x4000)]
    [InlineData(0xc000)]
    public void The_flag_bits_of_a_type_are_ignored(int flags)
    {
        var reader = new NetlinkAttributeReader(U32(5 | flags, 9));
        Assert.True(reader.MoveNext());
        Assert.Equal((5, 9u), (reader.Type, reader.UInt32()));
    }

    [Fact]
    public void A_nested_attribute_is_walked_by_a_reader_of_its_own()
    {
        var reader = new NetlinkAttributeReader(Join(Nest(1, U8(2, 3), U8(4, 5)), U8(6, 7)));
        Assert.True(reader.MoveNext());
        var inner = reader.Nested();
        Assert.True(inner.MoveNext());
        Assert.Equal((2, 3), (inner.Type, inner.Byte()));
        Assert.True(inner.MoveNext());
        Assert.Equal((4, 5), (inner.Type, inner.Byte()));
        Assert.False(inner.MoveNext());
        Assert.True(reader.MoveNext());
        Assert.Equal((6, 7), (reader.Type, reader.Byte()));
    }

    [Theory]
    [InlineData("77 6c 63 00", "wlc")]
    [InlineData("77 6c 63", "wlc")]
    [InlineData("77 6c 63 00 78", "wlc")]
    [InlineData("00", "")]
    [InlineData("", "")]
    public void A_string_ends_at_its_NUL_or_with_the_attribute(string hex, string expected)
    {
        var reader = new NetlinkAttributeReader(Attribute(1, Hex(hex)));
        Assert.True(reader.MoveNext());
        Assert.Equal(expected, reader.String());
    }

    [Fact]
    public void A_longer_value_is_taken_by_its_beginning()
    {
        var reader = new NetlinkAttributeReader(Attribute(1, 1, 2, 3, 4, 5, 6, 7, 8, 9));
        Assert.True(reader.MoveNext());
        Assert.Equal(1, reader.Byte());
        Assert.Equal(0x0102, reader.UInt16BigEndian());
        Assert.Equal(0x01020304u, reader.UInt32BigEndian());
        Assert.Equal(0x0807060504030201ul, reader.UInt64());
        Assert.Equal(IPAddress.Parse("1.2.3.4"), reader.Address(4));
    }

    [Fact]
    public void A_shorter_value_is_a_protocol_error_that_names_the_attribute()
    {
        var bytes = Attribute(9, 1, 2, 3);
        var error = Assert.Throws<NetlinkException>(() =>
        {
            var reader = new NetlinkAttributeReader(bytes);
            reader.MoveNext();
            _ = reader.UInt32();
        });
        Assert.Equal(NetlinkErrorCode.Protocol, error.Code);
        Assert.Contains("attribute 9 has 3 bytes, wanted 4", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0300 0100")]
    [InlineData("0000 0000")]
    [InlineData("0500 0100")]
    [InlineData("ffff 0100 00000000")]
    [InlineData("0400 01")]
    [InlineData("0500 0100 01000000 00")]
    public void Bytes_that_are_no_attributes_are_a_protocol_error(string hex) => AssertProtocolError(() =>
    {
        var reader = new NetlinkAttributeReader(Hex(hex));
        while (reader.MoveNext())
        {
        }
    });

    [Fact]
    public void A_message_without_its_familys_header_is_a_protocol_error()
    {
        var bytes = Message(0x24, 0, 1, [1, 2, 3]);
        AssertProtocolError(() => _ = First(bytes).Attributes(4));
        AssertProtocolError(() => _ = First(bytes).Header<uint>());
    }

    private static NetlinkMessage First(byte[] bytes)
    {
        var reader = new NetlinkMessageReader(bytes);
        Assert.True(reader.MoveNext());
        return reader.Current;
    }

    private static void AssertProtocolError(Action action) => Assert.Equal(NetlinkErrorCode.Protocol, Assert.Throws<NetlinkException>(action).Code);
}
