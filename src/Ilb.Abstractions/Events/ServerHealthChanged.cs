namespace Ilb;

/// <summary>A health check found something else of a server than before.</summary>
public sealed record ServerHealthChanged : LoadBalancerEvent
{
    /// <summary>The rule that it is checked for.</summary>
    public required string Rule { get; init; }

    /// <summary>The server.</summary>
    public required ServerId Server { get; init; }

    /// <summary>What was known before.</summary>
    public required ServerHealth From { get; init; }

    /// <summary>What is known now.</summary>
    public required ServerHealth To { get; init; }

    /// <summary>Why, for a person: <c>connection refused</c>; null (default) if it is alive, disabled or not known yet.</summary>
    public string? Reason { get; init; }
}
