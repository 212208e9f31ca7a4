using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Ilb.Testing.Netlink;

/// <summary>Netlink bytes as a kernel writes them, made without the product's writer so that a mistake of it is not made twice.</summary>
internal static class KernelBytes
{
    public static byte[] Attribute(int type, params ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[Align(4 + payload.Length)];
        BitConverter.TryWriteBytes(bytes, (ushort)(4 + payload.Length));
        BitConverter.TryWriteBytes(bytes.AsSpan(2), (ushort)type);
        payload.CopyTo(bytes.AsSpan(4));
        return bytes;
    }

    public static byte[] U8(int type, byte value) => Attribute(type, value);

    public static byte[] U16(int type, ushort value) => Attribute(type, BitConverter.GetBytes(value));

    public static byte[] U32(int type, uint value) => Attribute(type, BitConverter.GetBytes(value));

    public static byte[] U64(int type, ulong value) => Attribute(type, BitConverter.GetBytes(value));

    public static byte[] Be16(int type, ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    public static byte[] Be32(int type, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    public static byte[] Text(int type, string value) => Attribute(type, [.. Encoding.UTF8.GetBytes(value), 0]);

    /// <summary>union nf_inet_addr: 16 bytes for both families.</summary>
    public static byte[] UnionAddress(int type, IPAddress address)
    {
        var bytes = new byte[16];
        address.GetAddressBytes().CopyTo(bytes, 0);
        return Attribute(type, bytes);
    }

    public static byte[] Nest(int type, params byte[][] attributes) => Attribute(type, Join(attributes));

    public static byte[] Message(ushort type, ushort flags, uint sequence, params byte[][] body)
    {
        var payload = Join(body);
        var bytes = new byte[16 + payload.Length];
        BitConverter.TryWriteBytes(bytes, bytes.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), type);
        BitConverter.TryWriteBytes(bytes.AsSpan(6), flags);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), sequence);
        payload.CopyTo(bytes, 16);
        return bytes;
    }

    /// <summary>struct genlmsghdr.</summary>
    public static byte[] GenericHeader(int command) => [(byte)command, 1, 0, 0];

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Hex(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));

    public static int Align(int length) => (length + 3) & ~3;
}
