using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Generic;

/// <summary>Looks up the number of a generic netlink family (include/uapi/linux/genetlink.h).</summary>
internal static class GenericFamily
{
    public const int Protocol = 16;

    /// <summary>
    /// The kernel makes dump datagrams as large as the receiver's buffer, up to 32 KB, and allocates that for the smallest dump too: larger is slower for many small
    /// ones. Answers that are no lists are far smaller.
    /// </summary>
    public const int ReceiveBufferLength = 8 << 10;

    /// <summary>struct genlmsghdr.</summary>
    public const int HeaderLength = 4;

    private const ushort ControlType = 0x10;
    private const byte CommandGetFamily = 3;
    private const ushort AttributeFamilyId = 1;
    private const ushort AttributeFamilyName = 2;

    /// <summary>The family's number. The kernel loads the module on the way, if it can.</summary>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrorCode.Unavailable"/>: there is no such family.</exception>
    public static ushort Resolve(NetlinkConnection connection, string name)
    {
        var answer = new Answer();
        connection.Execute(new Request(name), ref answer);
        return answer.Id != 0 ? answer.Id : throw ProtocolError.Make("family {0} has no number", name);
    }

    private readonly struct Request(string name) : INetlinkRequest
    {
        public ushort MessageType => ControlType;

        public ushort Flags => 0;

        public void WriteBody(ref NetlinkWriter writer)
        {
            writer.WriteGenericHeader(CommandGetFamily, 1);
            writer.WriteString(AttributeFamilyName, name);
        }

        public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) => acknowledgement.Errno == Errno.ENOENT
            ? new NetlinkException(NetlinkErrorCode.Unavailable, $"the kernel has no netlink family {name}", acknowledgement.Errno)
            : new NetlinkException(Errno.ToCode(acknowledgement.Errno), $"looking up the netlink family {name} failed: {ErrorText.Of(acknowledgement)}",
                acknowledgement.Errno, acknowledgement.Text, acknowledgement.Offset);
    }

    private struct Answer : INetlinkAnswer
    {
        public ushort Id { get; private set; }

        public void Read(in NetlinkMessage message)
        {
            var attributes = message.Attributes(HeaderLength);
            while (attributes.MoveNext())
            {
                if (attributes.Type == AttributeFamilyId)
                    Id = attributes.UInt16();
            }
        }

        public void Restart() => Id = 0;
    }
}
