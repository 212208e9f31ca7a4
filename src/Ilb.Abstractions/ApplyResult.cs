namespace Ilb;

/// <summary>What applying changes has done, or in a dry run would do.</summary>
public sealed record ApplyResult
{
    /// <summary>The configuration's version afterwards; in a dry run the present one.</summary>
    public required string Version { get; init; }

    /// <summary>The changes as applied: with the addresses of host names and the numbers of servers.</summary>
    public required ValueList<Change> Changes { get; init; }

    /// <summary>
    /// The changes of the kernel, in order. Empty if it already held what the configuration asks for. Where others asked for changes at the same time, theirs are not told, unless they failed.
    /// </summary>
    public required ValueList<PlanStep> Steps { get; init; }

    /// <summary>The servers that get no new connections because of these changes, and had some a moment before. Default none. See <see cref="LoadBalancerState.Draining"/> for how it goes on.</summary>
    public ValueList<DrainingServer> Draining { get; init; } = [];

    /// <summary>Whether the kernel holds all that the configuration asks for: no step failed. In a dry run: whether there is nothing to do.</summary>
    public required bool Converged { get; init; }
}
