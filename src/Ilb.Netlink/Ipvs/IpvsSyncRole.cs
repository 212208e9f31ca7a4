namespace Ilb.Netlink.Ipvs;

/// <summary>What a synchronisation daemon does (<c>IP_VS_STATE_*</c> in include/uapi/linux/ip_vs.h). A namespace may run one of each.</summary>
public enum IpvsSyncRole
{
    /// <summary>Sends connections.</summary>
    Master = 1,

    /// <summary>Receives connections.</summary>
    Backup = 2,
}
