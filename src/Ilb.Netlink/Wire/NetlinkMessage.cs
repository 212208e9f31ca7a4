using System.Runtime.InteropServices;

namespace Ilb.Netlink.Wire;

/// <summary>One message: struct nlmsghdr and what follows it.</summary>
internal readonly ref struct NetlinkMessage(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    public ushort Flags => MemoryMarshal.Read<ushort>(_bytes[6..]);

    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    public ReadOnlySpan<byte> Payload => _bytes[NetlinkConstants.HeaderLength..];

    /// <summary>The attributes behind a fixed header of the family.</summary>
    public NetlinkAttributeReader Attributes(int headerLength) => Payload.Length < headerLength
        ? throw ProtocolError.Make("a message has {0} bytes, fewer than its family's header", Payload.Length)
        : new NetlinkAttributeReader(Payload[Math.Min(NetlinkConstants.Align(headerLength), Payload.Length)..]);

    /// <summary>A family's fixed header, such as struct ifaddrmsg.</summary>
    public T Header<T>()
        where T : unmanaged => MemoryMarshal.TryRead<T>(Payload, out var header)
        ? header
        : throw ProtocolError.Make("a message has {0} bytes, fewer than its family's header", Payload.Length);
}
