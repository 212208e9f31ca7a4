namespace Ilb.Netlink.Ipvs;

/// <summary>The names of the schedulers that come with Linux 6.12 (net/netfilter/ipvs/Kconfig). A kernel may have fewer, or others from elsewhere.</summary>
public static class IpvsSchedulers
{
    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = Array.AsReadOnly(["rr", "wrr", "lc", "wlc", "fo", "ovf", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "twos"]);
}
