namespace Ilb.Netlink.Ipvs;

/// <summary>A virtual service with its destinations, as the kernel has them.</summary>
public sealed class IpvsPool
{
    /// <summary>The service.</summary>
    public required IpvsServiceState Service { get; init; }

    /// <summary>Its destinations, in the kernel's order.</summary>
    public required IReadOnlyList<IpvsDestinationState> Destinations { get; init; }
}
