using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>One request, written when it is sent.</summary>
internal interface INetlinkRequest
{
    /// <summary>The message type: a family's number.</summary>
    ushort MessageType { get; }

    /// <summary>Flags besides REQUEST, ACK and DUMP.</summary>
    ushort Flags { get; }

    /// <summary>Writes what follows the netlink header.</summary>
    void WriteBody(ref NetlinkWriter writer);

    /// <summary>The exception for an answer that is an error.</summary>
    NetlinkException Refused(in NetlinkAcknowledgement acknowledgement);
}
