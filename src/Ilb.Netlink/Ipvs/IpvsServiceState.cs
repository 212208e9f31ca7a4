namespace Ilb.Netlink.Ipvs;

/// <summary>A virtual service as the kernel has it.</summary>
public sealed record IpvsServiceState
{
    /// <summary>How it is configured.</summary>
    public required IpvsService Service { get; init; }

    /// <summary>Its counters.</summary>
    public required IpvsStatistics Statistics { get; init; }
}
