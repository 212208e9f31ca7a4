namespace Ilb;

/// <summary>What is, beside what is configured.</summary>
public sealed record LoadBalancerState
{
    /// <summary>The version of the configuration that it was compared with.</summary>
    public required string Version { get; init; }

    /// <summary>Whether somebody checks the servers now: the daemon, or a program that keeps the kernel. Default false: what was found last counts.</summary>
    public bool IsChecked { get; init; }

    /// <summary>The rules, in the order of the configuration.</summary>
    public required ValueList<RuleState> Rules { get; init; }

    /// <summary>The servers that get no new connections and still have some, also those that are gone from the configuration with their rule or without. Default none.</summary>
    public ValueList<DrainingServer> Draining { get; init; } = [];
}
