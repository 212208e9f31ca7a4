using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Transport;

/// <summary>For requests that are only acknowledged.</summary>
internal struct NoAnswer : INetlinkAnswer
{
    public readonly void Read(in NetlinkMessage message)
    {
    }

    public readonly void Restart()
    {
    }
}
