using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Transport;

/// <summary>A request without meaning: attribute 8 with a number; it is answered by attributes 9.</summary>
internal readonly struct Probe : INetlinkRequest
{
    public int Length { get; init; }

    public ushort MessageType => ScriptedKernel.IpvsFamily;

    public ushort Flags => 0;

    public void WriteBody(ref NetlinkWriter writer)
    {
        writer.WriteGenericHeader(3, 1);
        writer.WriteUInt32(8, 42);
        if (Length > 0)
            writer.WriteBytes(7, new byte[Length]);
    }

    public NetlinkException Refused(in NetlinkAcknowledgement acknowledgement) =>
        new(Errno.ToCode(acknowledgement.Errno), $"probing: {ErrorText.Of(acknowledgement)}", acknowledgement.Errno, acknowledgement.Text, acknowledgement.Offset);

    public static uint Number(scoped in NetlinkMessage message)
    {
        var attributes = message.Attributes(4);
        return attributes.MoveNext() && attributes.Type == 9 ? attributes.UInt32() : throw ProtocolError.Make("no number");
    }
}
