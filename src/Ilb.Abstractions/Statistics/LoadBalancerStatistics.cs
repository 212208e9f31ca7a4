namespace Ilb;

/// <summary>What the kernel has counted.</summary>
public sealed record LoadBalancerStatistics
{
    /// <summary>The version of the configuration whose rules they are.</summary>
    public required string Version { get; init; }

    /// <summary>When they were read, by the load balancer's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The rules, in the order of the configuration.</summary>
    public required ValueList<RuleStatistics> Rules { get; init; }
}
