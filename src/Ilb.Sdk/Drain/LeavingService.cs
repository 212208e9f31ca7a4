using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What of a service is not asked for any more, but still has connections.</summary>
internal sealed record LeavingService
{
    /// <summary>The rule that left something of it last, as it was then.</summary>
    public required Rule Rule { get; init; }

    /// <summary>Whether nobody asks for the service at all; else only servers leave it.</summary>
    public required bool IsWhole { get; init; }

    public required ValueList<Leaver> Leavers { get; init; }

    /// <summary>The service of the key as it stands in the kernel while nobody asks for it.</summary>
    public VirtualService Alone(IpvsServiceKey key) => new() { Rule = Rule.Name, Service = Compiler.Service(Rule, key), Destinations = Destinations().ToValueList() };

    /// <summary>The destinations of those that leave.</summary>
    public IEnumerable<IpvsDestination> Destinations() => Leavers.Select(static leaver => Compiler.Destination(leaver.Rule, leaver.Server, leaver.Port, 0));

    /// <summary>The same with some of those that leave; null if none is left.</summary>
    public LeavingService? Keeping(Func<Leaver, bool> isKept)
    {
        // Each is asked once: who asks may keep count.
        var rest = Leavers.Where(isKept).ToValueList();
        return rest.Count == 0 ? null : rest.Count == Leavers.Count ? this : this with { Leavers = rest };
    }

    /// <summary>What its connections rely on beside it, each object once.</summary>
    /// <param name="node">The machine.</param>
    public IReadOnlyList<Companion> Companions(NodeSettings node) =>
    [
        .. Leavers.Select(static leaver => leaver.Rule).Distinct(ReferenceEqualityComparer.Instance).Cast<Rule>().SelectMany(rule => CompanionCompiler.CompileLeaving(rule, node))
            .GroupBy(static companion => companion.Id, static (_, same) => same.Aggregate(static (one, other) => one.Beside(other))),
    ];
}
