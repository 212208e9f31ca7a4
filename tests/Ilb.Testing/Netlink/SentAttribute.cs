using System.Buffers.Binary;
using System.Text;

namespace Ilb.Testing.Netlink;

/// <summary>An attribute of a request, decoded without the product's reader.</summary>
internal sealed record SentAttribute(int Type, byte[] Payload)
{
    public IReadOnlyList<SentAttribute> Nested => Parse(Payload);

    public byte U8 => Payload.Length == 1 ? Payload[0] : throw Wrong(1);

    public ushort U16 => Payload.Length == 2 ? BitConverter.ToUInt16(Payload) : throw Wrong(2);

    public ushort Be16 => Payload.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(Payload) : throw Wrong(2);

    public uint U32 => Payload.Length == 4 ? BitConverter.ToUInt32(Payload) : throw Wrong(4);

    public uint Be32 => Payload.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(Payload) : throw Wrong(4);

    /// <summary>NLA_NUL_STRING: the last byte must be NUL, and no other.</summary>
    public string Text => Payload.Length > 0 && Payload.AsSpan().IndexOf((byte)0) == Payload.Length - 1
        ? Encoding.UTF8.GetString(Payload, 0, Payload.Length - 1)
        : throw new InvalidOperationException($"attribute {Type} is no string that ends with NUL");

    /// <summary>Decodes as strictly as a kernel could: lengths fit, padding is there and zero.</summary>
    public static IReadOnlyList<SentAttribute> Parse(ReadOnlySpan<byte> bytes)
    {
        var attributes = new List<SentAttribute>();
        while (!bytes.IsEmpty)
        {
            int length = bytes.Length < 4 ? 0 : BitConverter.ToUInt16(bytes);
            int padded = KernelBytes.Align(length);
            if (length < 4 || padded > bytes.Length)
                throw new InvalidOperationException($"an attribute of {length} bytes does not fit into {bytes.Length}");
            if (bytes[length..padded].ContainsAnyExcept((byte)0))
                throw new InvalidOperationException("padding is not zero");
            attributes.Add(new SentAttribute(BitConverter.ToUInt16(bytes[2..]) & 0x3fff, bytes[4..length].ToArray()));
            bytes = bytes[padded..];
        }

        return attributes;
    }

    private InvalidOperationException Wrong(int length) => new($"attribute {Type} has {Payload.Length} bytes instead of {length}");
}
