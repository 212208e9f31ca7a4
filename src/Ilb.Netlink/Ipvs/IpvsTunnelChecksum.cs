namespace Ilb.Netlink.Ipvs;

/// <summary>The checksum of an encapsulated packet (<c>IP_VS_TUNNEL_ENCAP_FLAG_*</c> in include/uapi/linux/ip_vs.h). For GUE and GRE.</summary>
public enum IpvsTunnelChecksum : ushort
{
    /// <summary>No checksum.</summary>
    None = 0,

    /// <summary>With a checksum.</summary>
    Full = 1,

    /// <summary>Remote checksum offload. GUE only.</summary>
    Remote = 2,
}
