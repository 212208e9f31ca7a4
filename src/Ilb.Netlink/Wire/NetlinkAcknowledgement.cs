using System.Runtime.InteropServices;

namespace Ilb.Netlink.Wire;

/// <summary>What NLMSG_ERROR and NLMSG_DONE say: an errno (0 = success), and with NETLINK_EXT_ACK the kernel's words and the offset of the bad attribute.</summary>
internal readonly struct NetlinkAcknowledgement
{
    private NetlinkAcknowledgement(int errno, string? text, int? offset)
    {
        Errno = errno;
        Text = text;
        Offset = offset;
    }

    /// <summary>A positive errno, or 0.</summary>
    public int Errno { get; }

    public string? Text { get; }

    public int? Offset { get; }

    public static NetlinkAcknowledgement Read(in NetlinkMessage message)
    {
        var payload = message.Payload;
        // A DONE without payload is possible in old kernels and means success; an ERROR always has struct nlmsgerr: the number and the request's header.
        if (message.Type == NetlinkConstants.TypeDone && payload.IsEmpty)
            return default;
        if (payload.Length < 4)
            throw ProtocolError.Make("an acknowledgement has {0} bytes", payload.Length);
        int errno = MemoryMarshal.Read<int>(payload);
        if (errno is > 0 or < -4095)
            throw ProtocolError.Make("an acknowledgement has the error number {0}", errno);
        if (errno == 0 || (message.Flags & NetlinkConstants.FlagAcknowledgementAttributes) == 0)
            return new NetlinkAcknowledgement(-errno, null, null);

        var rest = payload[4..];
        if (message.Type == NetlinkConstants.TypeError)
        {
            if (rest.Length < NetlinkConstants.HeaderLength)
                throw ProtocolError.Make("an acknowledgement has {0} bytes", payload.Length);
            uint echoed = (message.Flags & NetlinkConstants.FlagCapped) != 0 ? NetlinkConstants.HeaderLength : MemoryMarshal.Read<uint>(rest);
            if (echoed < NetlinkConstants.HeaderLength || echoed > (uint)rest.Length)
                throw ProtocolError.Make("an acknowledgement echoes a request of {0} bytes", echoed);
            rest = rest[Math.Min(NetlinkConstants.Align((int)echoed), rest.Length)..];
        }

        string? text = null;
        int? offset = null;
        var attributes = new NetlinkAttributeReader(rest);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case NetlinkConstants.ErrorAttributeMessage:
                    text = attributes.String();
                    break;
                case NetlinkConstants.ErrorAttributeOffset:
                    offset = (int)Math.Min(attributes.UInt32(), int.MaxValue);
                    break;
            }
        }

        return new NetlinkAcknowledgement(-errno, text, offset);
    }
}
