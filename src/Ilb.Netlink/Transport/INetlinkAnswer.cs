using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>Collects the messages of an answer.</summary>
internal interface INetlinkAnswer
{
    /// <summary>Takes one message.</summary>
    void Read(in NetlinkMessage message);

    /// <summary>Forgets what was read: the dump starts again.</summary>
    void Restart();
}
