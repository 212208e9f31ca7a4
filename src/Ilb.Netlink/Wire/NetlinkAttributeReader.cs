using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Ilb.Netlink.Wire;

/// <summary>
/// Walks attributes and reads the present one. An attribute longer than the value read is taken by its beginning, as the kernel does, so that longer ones of the
/// future do no harm; one that is too short throws <see cref="NetlinkErrorCode.Protocol"/>.
/// </summary>
internal ref struct NetlinkAttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>The present attribute's type without its flag bits.</summary>
    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        if (_rest.Length < NetlinkConstants.AttributeHeaderLength)
            throw ProtocolError.Make("{0} bytes are too few for an attribute", _rest.Length);
        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < NetlinkConstants.AttributeHeaderLength || length > _rest.Length)
            throw ProtocolError.Make("an attribute says it has {0} bytes", length);
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & NetlinkConstants.AttributeTypeMask);
        Payload = _rest[NetlinkConstants.AttributeHeaderLength..length];
        _rest = _rest[Math.Min(NetlinkConstants.Align(length), _rest.Length)..];
        return true;
    }

    public readonly NetlinkAttributeReader Nested() => new(Payload);

    public readonly byte Byte() => Bytes(1)[0];

    public readonly ushort UInt16() => MemoryMarshal.Read<ushort>(Bytes(2));

    public readonly ushort UInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    public readonly uint UInt32() => MemoryMarshal.Read<uint>(Bytes(4));

    public readonly uint UInt32BigEndian() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    public readonly ulong UInt64() => MemoryMarshal.Read<ulong>(Bytes(8));

    /// <summary>The first bytes of the payload.</summary>
    public readonly ReadOnlySpan<byte> Bytes(int length) => Payload.Length >= length
        ? Payload[..length]
        : throw ProtocolError.Make("attribute {0} has {1} bytes, wanted {2}", Type, Payload.Length, length);

    /// <summary>An address of 4 or 16 bytes in network order.</summary>
    public readonly IPAddress Address(int length) => new(Bytes(length));

    /// <summary>A string up to its NUL, if it has one.</summary>
    public readonly string String()
    {
        int end = Payload.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Payload : Payload[..end]);
    }
}
