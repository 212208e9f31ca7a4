namespace Ilb;

/// <summary>What is of a rule.</summary>
public sealed record RuleState
{
    /// <summary>The rule's name.</summary>
    public required string Rule { get; init; }

    /// <summary>What the administrator wants.</summary>
    public required AdministrativeState Administration { get; init; }

    /// <summary>What the kernel holds.</summary>
    public required KernelState Kernel { get; init; }

    /// <summary>The servers of its group, in the order of the configuration.</summary>
    public required ValueList<ServerState> Servers { get; init; }
}
