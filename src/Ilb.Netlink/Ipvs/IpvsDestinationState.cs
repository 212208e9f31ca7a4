namespace Ilb.Netlink.Ipvs;

/// <summary>A destination as the kernel has it.</summary>
public sealed record IpvsDestinationState
{
    /// <summary>How it is configured.</summary>
    public required IpvsDestination Destination { get; init; }

    /// <summary>Connections in an active state (TCP: established), at this moment.</summary>
    public required uint ActiveConnections { get; init; }

    /// <summary>Connections in every other state, at this moment.</summary>
    public required uint InactiveConnections { get; init; }

    /// <summary>Persistence templates that point here, at this moment.</summary>
    public required uint PersistentConnections { get; init; }

    /// <summary>Its counters.</summary>
    public required IpvsStatistics Statistics { get; init; }
}
