using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Ilb.Netlink.Wire;

/// <summary>
/// Writes netlink messages into a span. Starting a message or a nested attribute returns a token (its offset) that ends it, so nesting needs no stack.
/// When the span is full it writes nothing more and says so in <see cref="Overflowed"/>: the caller rolls back to the last whole message.
/// </summary>
internal ref struct NetlinkWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    /// <summary>Whether something did not fit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Forgets everything written since <see cref="Length"/> was <paramref name="length"/>.</summary>
    public void RollBack(int length)
    {
        Length = length;
        Overflowed = false;
    }

    public int StartMessage(ushort type, ushort flags, uint sequence)
    {
        int start = Length;
        var header = Take(NetlinkConstants.HeaderLength);
        if (header.IsEmpty)
            return start;
        header.Clear();
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], sequence);
        return start;
    }

    public readonly void EndMessage(int start)
    {
        if (!Overflowed)
            MemoryMarshal.Write(_buffer[start..], (uint)(Length - start));
    }

    /// <summary>struct genlmsghdr.</summary>
    public void WriteGenericHeader(byte command, byte version)
    {
        var header = Take(4);
        if (header.IsEmpty)
            return;
        header[0] = command;
        header[1] = version;
        header[2] = header[3] = 0;
    }

    /// <summary>A family's fixed header, such as struct ifaddrmsg.</summary>
    public void WriteHeader<T>(in T header)
        where T : unmanaged
    {
        var room = Take(Unsafe.SizeOf<T>());
        if (!room.IsEmpty)
            MemoryMarshal.Write(room, header);
    }

    public int StartNested(ushort type)
    {
        int start = Length;
        Attribute(type, 0);
        return start;
    }

    public readonly void EndNested(int start)
    {
        if (!Overflowed)
            MemoryMarshal.Write(_buffer[start..], (ushort)(Length - start));
    }

    public void WriteByte(ushort type, byte value)
    {
        var payload = Attribute(type, 1);
        if (!payload.IsEmpty)
            payload[0] = value;
    }

    public void WriteUInt16(ushort type, ushort value)
    {
        var payload = Attribute(type, 2);
        if (!payload.IsEmpty)
            MemoryMarshal.Write(payload, value);
    }

    public void WriteUInt16BigEndian(ushort type, ushort value)
    {
        var payload = Attribute(type, 2);
        if (!payload.IsEmpty)
            BinaryPrimitives.WriteUInt16BigEndian(payload, value);
    }

    public void WriteUInt32(ushort type, uint value)
    {
        var payload = Attribute(type, 4);
        if (!payload.IsEmpty)
            MemoryMarshal.Write(payload, value);
    }

    public void WriteUInt32BigEndian(ushort type, uint value)
    {
        var payload = Attribute(type, 4);
        if (!payload.IsEmpty)
            BinaryPrimitives.WriteUInt32BigEndian(payload, value);
    }

    public void WriteUInt64(ushort type, ulong value)
    {
        var payload = Attribute(type, 8);
        if (!payload.IsEmpty)
            MemoryMarshal.Write(payload, value);
    }

    public void WriteBytes(ushort type, scoped ReadOnlySpan<byte> value)
    {
        var payload = Attribute(type, value.Length);
        if (!payload.IsEmpty)
            value.CopyTo(payload);
    }

    /// <summary>An address in network order, 4 or 16 bytes.</summary>
    public void WriteAddress(ushort type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        WriteBytes(type, bytes[..length]);
    }

    /// <summary>A string with its terminating NUL.</summary>
    public void WriteString(ushort type, string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        var payload = Attribute(type, length + 1);
        if (payload.IsEmpty)
            return;
        Encoding.UTF8.GetBytes(value, payload);
        payload[length] = 0;
    }

    // The payload of a new attribute, its padding cleared; empty if it does not fit.
    private Span<byte> Attribute(ushort type, int length)
    {
        int total = NetlinkConstants.AttributeHeaderLength + length;
        var room = Take(NetlinkConstants.Align(total));
        if (room.IsEmpty)
            return default;
        MemoryMarshal.Write(room, (ushort)total);
        MemoryMarshal.Write(room[2..], type);
        room[total..].Clear();
        return room[NetlinkConstants.AttributeHeaderLength..total];
    }

    private Span<byte> Take(int length)
    {
        if (Overflowed || length > _buffer.Length - Length)
        {
            Overflowed = true;
            return default;
        }

        var room = _buffer.Slice(Length, length);
        Length += length;
        return room;
    }
}
