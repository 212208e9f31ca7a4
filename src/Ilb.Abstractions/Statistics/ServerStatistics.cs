namespace Ilb;

/// <summary>What was counted for a server in a rule.</summary>
public sealed record ServerStatistics
{
    /// <summary>The server's ID.</summary>
    public required ServerId Server { get; init; }

    /// <summary>Its counters; null (default) if the kernel does not have it.</summary>
    public TrafficCounters? Counters { get; init; }
}
