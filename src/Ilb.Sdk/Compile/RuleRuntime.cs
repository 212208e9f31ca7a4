using System.Collections.Immutable;

namespace Ilb;

/// <summary>What is of a rule besides its configuration, as far as it decides what the kernel should hold. Immutable; compared by reference.</summary>
internal sealed class RuleRuntime
{
    public static RuleRuntime None { get; } = new();

    /// <summary>What the health checks found of its servers, by number.</summary>
    public ImmutableDictionary<uint, Verdict> Verdicts { get; init; } = ImmutableDictionary<uint, Verdict>.Empty;

    /// <summary>Since when the weight of a server rises, by number.</summary>
    public ImmutableDictionary<uint, DateTimeOffset> Ramps { get; init; } = ImmutableDictionary<uint, DateTimeOffset>.Empty;

    /// <summary>Whether its sorry group serves.</summary>
    public bool IsSorry { get; init; }

    public bool IsEmpty => Verdicts.IsEmpty && Ramps.IsEmpty && !IsSorry;

    /// <summary>How many notes it takes to remember it.</summary>
    public int Count => Verdicts.Count + Ramps.Count + (IsSorry ? 1 : 0);

    public RuleRuntime WithVerdict(uint server, Verdict? verdict) =>
        With(verdict is null ? Verdicts.Remove(server) : Verdicts.SetItem(server, verdict), Ramps, IsSorry);

    public RuleRuntime WithRamp(uint server, DateTimeOffset? since) => With(Verdicts, since is { } start ? Ramps.SetItem(server, start) : Ramps.Remove(server), IsSorry);

    public RuleRuntime WithSorry(bool isSorry) => With(Verdicts, Ramps, isSorry);

    private RuleRuntime With(ImmutableDictionary<uint, Verdict> verdicts, ImmutableDictionary<uint, DateTimeOffset> ramps, bool isSorry) =>
        ReferenceEquals(verdicts, Verdicts) && ReferenceEquals(ramps, Ramps) && isSorry == IsSorry ? this : new RuleRuntime { Verdicts = verdicts, Ramps = ramps, IsSorry = isSorry };
}
