namespace Ilb;

/// <summary>What was counted for a rule.</summary>
public sealed record RuleStatistics
{
    /// <summary>The rule's name.</summary>
    public required string Rule { get; init; }

    /// <summary>Its counters; null (default) if the kernel does not have it, or has somebody else's service in its place.</summary>
    public TrafficCounters? Counters { get; init; }

    /// <summary>The servers of its group, in the order of the configuration.</summary>
    public required ValueList<ServerStatistics> Servers { get; init; }
}
