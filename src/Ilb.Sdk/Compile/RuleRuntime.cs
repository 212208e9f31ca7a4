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

    /// <summary>Since when a server of it gets no new connections, by number, where those that it has are to be cut some time.</summary>
    public ImmutableDictionary<uint, DateTimeOffset> Drains { get; init; } = ImmutableDictionary<uint, DateTimeOffset>.Empty;

    /// <summary>Whether its sorry group serves.</summary>
    public bool IsSorry { get; init; }

    public bool IsEmpty => Count == 0;

    /// <summary>How many notes it takes to remember it.</summary>
    public int Count => Verdicts.Count + Ramps.Count + Drains.Count + (IsSorry ? 1 : 0);

    public RuleRuntime WithVerdict(uint server, Verdict? verdict) => With(verdict is null ? Verdicts.Remove(server) : Verdicts.SetItem(server, verdict), Ramps, Drains, IsSorry);

    public RuleRuntime WithRamp(uint server, DateTimeOffset? since) => With(Verdicts, Set(Ramps, server, since), Drains, IsSorry);

    public RuleRuntime WithDrain(uint server, DateTimeOffset? since) => With(Verdicts, Ramps, Set(Drains, server, since), IsSorry);

    public RuleRuntime WithSorry(bool isSorry) => With(Verdicts, Ramps, Drains, isSorry);

    private static ImmutableDictionary<uint, DateTimeOffset> Set(ImmutableDictionary<uint, DateTimeOffset> times, uint server, DateTimeOffset? since) =>
        since is { } start ? times.SetItem(server, start) : times.Remove(server);

    private RuleRuntime With(ImmutableDictionary<uint, Verdict> verdicts, ImmutableDictionary<uint, DateTimeOffset> ramps, ImmutableDictionary<uint, DateTimeOffset> drains, bool isSorry) =>
        ReferenceEquals(verdicts, Verdicts) && ReferenceEquals(ramps, Ramps) && ReferenceEquals(drains, Drains) && isSorry == IsSorry
            ? this
            : new RuleRuntime { Verdicts = verdicts, Ramps = ramps, Drains = drains, IsSorry = isSorry };
}
