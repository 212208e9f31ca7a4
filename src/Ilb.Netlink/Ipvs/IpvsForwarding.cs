namespace Ilb.Netlink.Ipvs;

/// <summary>How packets get to a destination (<c>IP_VS_CONN_F_FWD_MASK</c> in include/uapi/linux/ip_vs.h).</summary>
public enum IpvsForwarding
{
    /// <summary>Network address translation of the destination (masquerading); replies pass the balancer.</summary>
    Masquerading = 0,

    /// <summary>The balancer itself serves the connection.</summary>
    Local = 1,

    /// <summary>Encapsulated in a tunnel, see <see cref="IpvsTunnel"/>; replies bypass the balancer.</summary>
    Tunnel = 2,

    /// <summary>Direct routing (gatewaying): only the next hop changes; replies bypass the balancer.</summary>
    DirectRouting = 3,

    /// <summary>Straight on to the original destination (transparent caches).</summary>
    Bypass = 4,
}
