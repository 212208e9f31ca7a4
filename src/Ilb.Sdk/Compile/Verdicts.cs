using System.Collections.Immutable;

namespace Ilb;

/// <summary>Whether servers are alive, rule by rule, as the health checks found last. Immutable; another one shares what they have in common.</summary>
internal sealed class Verdicts
{
    private static readonly ImmutableDictionary<uint, bool> Nothing = ImmutableDictionary<uint, bool>.Empty;

    private readonly ImmutableDictionary<string, ImmutableDictionary<uint, bool>> _rules;

    private Verdicts(ImmutableDictionary<string, ImmutableDictionary<uint, bool>> rules) => _rules = rules;

    public static Verdicts None { get; } = new(ImmutableDictionary<string, ImmutableDictionary<uint, bool>>.Empty);

    /// <summary>The verdicts on the servers of a rule, by their number.</summary>
    public ImmutableDictionary<uint, bool> Of(string rule) => _rules.GetValueOrDefault(rule, Nothing);

    /// <summary>The same with another verdict on a server; null = none any more.</summary>
    public Verdicts With(string rule, uint server, bool? isAlive)
    {
        var before = Of(rule);
        var after = isAlive is { } alive ? before.SetItem(server, alive) : before.Remove(server);
        return ReferenceEquals(before, after) ? this : new Verdicts(after.IsEmpty ? _rules.Remove(rule) : _rules.SetItem(rule, after));
    }

    /// <summary>The same without a rule.</summary>
    public Verdicts Without(string rule) => _rules.ContainsKey(rule) ? new Verdicts(_rules.Remove(rule)) : this;
}
