namespace Ilb.Netlink.Route;

/// <summary>What a link is and does (<c>IFF_*</c> in include/uapi/linux/if.h); other bits may be set too.</summary>
[Flags]
public enum LinkStates : uint
{
    /// <summary>Nothing of the below.</summary>
    None = 0,

    /// <summary>Set up by an administrator (<c>IFF_UP</c>).</summary>
    Up = 0x1,

    /// <summary>A loopback.</summary>
    Loopback = 0x8,

    /// <summary>Operational: it has a carrier (<c>IFF_RUNNING</c>).</summary>
    Running = 0x40,

    /// <summary>Does no ARP.</summary>
    NoArp = 0x80,

    /// <summary>Can multicast.</summary>
    Multicast = 0x1000,
}
