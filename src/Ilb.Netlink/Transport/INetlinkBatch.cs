using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>Requests that are sent many at a time, each with an acknowledgement of its own.</summary>
internal interface INetlinkBatch
{
    int Count { get; }

    ushort MessageType { get; }

    /// <summary>Writes what follows the netlink header of one request.</summary>
    void WriteBody(int index, ref NetlinkWriter writer);

    /// <summary>The kernel refused one request.</summary>
    void Refused(int index, in NetlinkAcknowledgement acknowledgement);

    /// <summary>The acknowledgement of one request was lost in an overflow of the receive queue.</summary>
    void Lost(int index);
}
