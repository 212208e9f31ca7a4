using System.Collections.Immutable;

namespace Ilb;

/// <summary>What is of a rule besides its configuration, as far as it decides what the kernel should hold. Immutable; compared by reference.</summary>
internal sealed class RuleRuntime
{
    public static RuleRuntime None { get; } = new();

    /// <summary>What the health checks found of its servers, by number.</summary>
    public ImmutableDictionary<uint, Verdict> Verdicts { get; private init; } = ImmutableDictionary<uint, Verdict>.Empty;

    /// <summary>What others said of its servers, by number.</summary>
    public ImmutableDictionary<uint, Verdict> Outside { get; private init; } = ImmutableDictionary<uint, Verdict>.Empty;

    /// <summary>What the kernel's counters said of its servers, by number: dead for a while; or alive again on probation, until the server is heard of, with the times of when it was dead.</summary>
    public ImmutableDictionary<uint, Verdict> Passive { get; private init; } = ImmutableDictionary<uint, Verdict>.Empty;

    /// <summary>Since when the weight of a server rises, by number.</summary>
    public ImmutableDictionary<uint, DateTimeOffset> Ramps { get; private init; } = ImmutableDictionary<uint, DateTimeOffset>.Empty;

    /// <summary>Since when a server of it gets no new connections, by number, where those that it has are to be cut some time.</summary>
    public ImmutableDictionary<uint, DateTimeOffset> Drains { get; private init; } = ImmutableDictionary<uint, DateTimeOffset>.Empty;

    /// <summary>Whether its sorry group serves.</summary>
    public bool IsSorry { get; private init; }

    public bool IsEmpty => Count == 0;

    /// <summary>How many notes it takes to remember it.</summary>
    public int Count => Verdicts.Count + Outside.Count + Passive.Count + Ramps.Count + Drains.Count + (IsSorry ? 1 : 0);

    /// <summary>Whether something of it is to change with time.</summary>
    public bool IsTimed => !(Ramps.IsEmpty && Drains.IsEmpty) || Passive.Values.Any(static verdict => !verdict.IsAlive) || Outside.Values.Any(static verdict => verdict.Until is not null);

    public RuleRuntime WithVerdict(uint server, Verdict? verdict) => With(Set(Verdicts, server, verdict), Outside, Passive, Ramps, Drains, IsSorry);

    public RuleRuntime WithOutside(uint server, Verdict? verdict) => With(Verdicts, Set(Outside, server, verdict), Passive, Ramps, Drains, IsSorry);

    public RuleRuntime WithPassive(uint server, Verdict? verdict) => With(Verdicts, Outside, Set(Passive, server, verdict), Ramps, Drains, IsSorry);

    public RuleRuntime WithRamp(uint server, DateTimeOffset? since) => With(Verdicts, Outside, Passive, Set(Ramps, server, since), Drains, IsSorry);

    public RuleRuntime WithDrain(uint server, DateTimeOffset? since) => With(Verdicts, Outside, Passive, Ramps, Set(Drains, server, since), IsSorry);

    public RuleRuntime WithSorry(bool isSorry) => With(Verdicts, Outside, Passive, Ramps, Drains, isSorry);

    /// <summary>How long until something of it changes with time; null if nothing does.</summary>
    public TimeSpan? NextIn(Rule rule, DateTimeOffset now) => ((TimeSpan?[])
    [
        Ramp.NextIn(rule, this, now),
        Drain.NextIn(rule, this, now),
        .. Outside.Values.Concat(Passive.Values.Where(static verdict => !verdict.IsAlive)).Select(verdict => verdict.IsOver(now) ? TimeSpan.Zero : verdict.Until - now),
    ]).Min();

    private static ImmutableDictionary<uint, Verdict> Set(ImmutableDictionary<uint, Verdict> verdicts, uint server, Verdict? verdict) => verdict is null ? verdicts.Remove(server) : verdicts.SetItem(server, verdict);

    private static ImmutableDictionary<uint, DateTimeOffset> Set(ImmutableDictionary<uint, DateTimeOffset> times, uint server, DateTimeOffset? since) =>
        since is { } start ? times.SetItem(server, start) : times.Remove(server);

    private RuleRuntime With(
        ImmutableDictionary<uint, Verdict> verdicts, ImmutableDictionary<uint, Verdict> outside, ImmutableDictionary<uint, Verdict> passive, ImmutableDictionary<uint, DateTimeOffset> ramps, ImmutableDictionary<uint, DateTimeOffset> drains, bool isSorry) =>
        ReferenceEquals(verdicts, Verdicts) && ReferenceEquals(outside, Outside) && ReferenceEquals(passive, Passive) && ReferenceEquals(ramps, Ramps) && ReferenceEquals(drains, Drains) && isSorry == IsSorry
            ? this
            : new RuleRuntime { Verdicts = verdicts, Outside = outside, Passive = passive, Ramps = ramps, Drains = drains, IsSorry = isSorry };
}
