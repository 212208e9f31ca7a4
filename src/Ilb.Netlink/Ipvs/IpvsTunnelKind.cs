namespace Ilb.Netlink.Ipvs;

/// <summary>The encapsulation of a tunnel (<c>IP_VS_CONN_F_TUNNEL_TYPE_*</c> in include/uapi/linux/ip_vs.h).</summary>
public enum IpvsTunnelKind : byte
{
    /// <summary>IP in IP (RFC 2003, RFC 2473).</summary>
    Ipip = 0,

    /// <summary>Generic UDP encapsulation; needs a port. Linux 5.3.</summary>
    Gue = 1,

    /// <summary>Generic routing encapsulation (RFC 2784). Linux 5.4.</summary>
    Gre = 2,
}
