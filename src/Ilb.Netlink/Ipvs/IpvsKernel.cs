namespace Ilb.Netlink.Ipvs;

/// <summary>What the kernel says of its IPVS (<c>IPVS_CMD_GET_INFO</c>).</summary>
public sealed record IpvsKernel
{
    /// <summary>The interface's version; 1.2.1 for many years, so it tells nothing about features.</summary>
    public required Version Version { get; init; }

    /// <summary>The number of buckets of the connection table.</summary>
    public required uint ConnectionTableSize { get; init; }
}
