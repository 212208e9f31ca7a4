namespace Ilb.Netlink.Route;

/// <summary>What becomes of packets to an address (<c>RTN_*</c> in include/uapi/linux/rtnetlink.h).</summary>
public enum RouteKind
{
    /// <summary>They are sent to somebody.</summary>
    Unicast = 0,

    /// <summary>They are for this machine.</summary>
    Local = 1,

    /// <summary>They are a broadcast or a multicast.</summary>
    Other = 2,
}
