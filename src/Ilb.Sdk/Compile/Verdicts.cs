using System.Collections.Immutable;

namespace Ilb;

/// <summary>What the health checks found last, rule by rule. Immutable; another one shares what they have in common.</summary>
internal sealed class Verdicts
{
    private static readonly ImmutableDictionary<uint, Verdict> Nothing = ImmutableDictionary<uint, Verdict>.Empty;

    private readonly ImmutableDictionary<string, ImmutableDictionary<uint, Verdict>> _rules;

    private Verdicts(ImmutableDictionary<string, ImmutableDictionary<uint, Verdict>> rules, int count) => (_rules, Count) = (rules, count);

    public static Verdicts None { get; } = new(ImmutableDictionary<string, ImmutableDictionary<uint, Verdict>>.Empty, 0);

    /// <summary>How many verdicts there are.</summary>
    public int Count { get; }

    /// <summary>The rules that have any.</summary>
    public IEnumerable<string> Rules => _rules.Keys;

    /// <summary>The verdicts on the servers of a rule, by their number.</summary>
    public ImmutableDictionary<uint, Verdict> Of(string rule) => _rules.GetValueOrDefault(rule, Nothing);

    /// <summary>The same with another verdict on a server; null = none any more.</summary>
    public Verdicts With(string rule, uint server, Verdict? verdict)
    {
        var before = Of(rule);
        var after = verdict is null ? before.Remove(server) : before.SetItem(server, verdict);
        return ReferenceEquals(before, after) ? this : new Verdicts(after.IsEmpty ? _rules.Remove(rule) : _rules.SetItem(rule, after), Count + after.Count - before.Count);
    }

    /// <summary>The same after changes of rules: what is gone, disabled or watched no more has no verdict, and begins anew when it comes back.</summary>
    public Verdicts After(IEnumerable<RuleChange> changes)
    {
        var verdicts = this;
        foreach (var change in changes)
        {
            var name = (change.After ?? change.Before)!.Rule.Name;
            foreach (var number in verdicts.Of(name).Keys)
            {
                if (change.After is not { Rule: { Enabled: true, Health: not null } } after || !after.Group.Servers.Any(server => server.Number == number && server.Enabled))
                    verdicts = verdicts.With(name, number, null);
            }
        }

        return verdicts;
    }
}
