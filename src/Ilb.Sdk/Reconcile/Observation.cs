using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A service as it was found in the kernel.</summary>
internal sealed record Observation
{
    public required IpvsService Service { get; init; }

    /// <summary>Its destinations; null if they were not looked at, because they are known to be as wanted.</summary>
    public required ValueList<IpvsDestination>? Destinations { get; init; }
}
