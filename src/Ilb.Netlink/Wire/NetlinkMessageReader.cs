using System.Runtime.InteropServices;

namespace Ilb.Netlink.Wire;

/// <summary>Walks the messages of a received datagram; bytes that are no messages throw <see cref="NetlinkErrorCode.Protocol"/>.</summary>
internal ref struct NetlinkMessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public NetlinkMessage Current { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        if (_rest.Length < NetlinkConstants.HeaderLength)
            throw ProtocolError.Make("{0} bytes are too few for a message header", _rest.Length);
        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkConstants.HeaderLength || length > (uint)_rest.Length)
            throw ProtocolError.Make("a message says it has {0} bytes", length);
        Current = new NetlinkMessage(_rest[..(int)length]);
        _rest = _rest[Math.Min(NetlinkConstants.Align((int)length), _rest.Length)..];
        return true;
    }
}
