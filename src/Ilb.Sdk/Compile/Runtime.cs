using System.Collections.Immutable;

namespace Ilb;

/// <summary>What is of the rules besides their configuration. Immutable; another one shares what they have in common.</summary>
internal sealed class Runtime
{
    private readonly ImmutableDictionary<string, RuleRuntime> _rules;

    private readonly int _count;

    private Runtime(ImmutableDictionary<string, RuleRuntime> rules, int count, Leaving leaving) => (_rules, _count, Leaving) = (rules, count, leaving);

    public static Runtime None { get; } = new(ImmutableDictionary<string, RuleRuntime>.Empty, 0, Leaving.Nothing);

    /// <summary>The rules of which there is anything.</summary>
    public IEnumerable<string> Rules => _rules.Keys;

    /// <summary>What is not asked for any more, but still has connections.</summary>
    public Leaving Leaving { get; }

    /// <summary>How many notes it takes to remember it.</summary>
    public int Count => _count + Leaving.Count;

    public RuleRuntime Of(string rule) => _rules.GetValueOrDefault(rule, RuleRuntime.None);

    public Runtime With(string rule, RuleRuntime runtime)
    {
        var before = Of(rule);
        return ReferenceEquals(before, runtime) ? this : new Runtime(runtime.IsEmpty ? _rules.Remove(rule) : _rules.SetItem(rule, runtime), _count + runtime.Count - before.Count, Leaving);
    }

    public Runtime With(Leaving leaving) => ReferenceEquals(leaving, Leaving) ? this : new Runtime(_rules, _count, leaving);

    /// <summary>What was said of servers in all rules, by the name of their group.</summary>
    public Dictionary<string, RuleRuntime> WordsOfAll(IEnumerable<Rule> rules)
    {
        var words = new Dictionary<string, RuleRuntime>();
        foreach (var rule in Count == 0 ? [] : rules)
        {
            foreach (var (number, verdict) in Of(rule.Name).Outside.Where(static pair => pair.Value.IsOfAllRules))
                words[rule.ServerGroup] = words.GetValueOrDefault(rule.ServerGroup, RuleRuntime.None).WithOutside(number, verdict);
        }

        return words;
    }

    /// <summary>The same after changes of rules.</summary>
    public Runtime After(IEnumerable<RuleChange> changes) => changes.Aggregate(this, static (runtime, change) =>
        runtime.With((change.After ?? change.Before)!.Rule.Name, change.After?.Runtime ?? RuleRuntime.None));
}
