namespace Ilb.Netlink.Route;

/// <summary>What becomes of packets to an address (<c>RTN_*</c> in include/uapi/linux/rtnetlink.h).</summary>
public enum RouteKind
{
    /// <summary>Something else: they are a broadcast, a multicast, or thrown away.</summary>
    Other = 0,

    /// <summary>They are sent to somebody.</summary>
    Unicast = 1,

    /// <summary>They are for this machine.</summary>
    Local = 2,
}
