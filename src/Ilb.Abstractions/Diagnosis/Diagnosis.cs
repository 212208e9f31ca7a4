namespace Ilb;

/// <summary>What was found wrong around the rules, or worth knowing.</summary>
public sealed record Diagnosis
{
    /// <summary>The version of the configuration that was looked at.</summary>
    public required string Version { get; init; }

    /// <summary>The findings, the worst first; empty if there is nothing to say.</summary>
    public required ValueList<Finding> Findings { get; init; }
}
