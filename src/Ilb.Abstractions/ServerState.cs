namespace Ilb;

/// <summary>What is of a server in a rule.</summary>
public sealed record ServerState
{
    /// <summary>The server's ID.</summary>
    public required ServerId Server { get; init; }

    /// <summary>What the administrator wants.</summary>
    public required AdministrativeState Administration { get; init; }

    /// <summary>What is said of its health; null (default) if the rule has no check and nobody else says anything.</summary>
    public HealthResult? Health { get; init; }

    /// <summary>The weight that the kernel has; null if the kernel does not have the server.</summary>
    public int? EffectiveWeight { get; init; }

    /// <summary>Connections in an active state (TCP: established); null if the kernel does not have the server.</summary>
    public long? ActiveConnections { get; init; }

    /// <summary>Connections in every other state; null if the kernel does not have the server.</summary>
    public long? InactiveConnections { get; init; }
}
