namespace Ilb;

/// <summary>Gives rules the numbers that they need.</summary>
internal static class RuleNumbers
{
    /// <summary>A rule with the lowest number that no other has, if it needs one and has none; without, if it needs none.</summary>
    public static Rule WithNumber(Rule rule, ValueList<Rule> others)
    {
        if (rule.NeedsNumber == rule.Number is not null)
            return rule;
        return rule with { Number = rule.NeedsNumber ? LowestFree(Used(others.Where(other => other.Name != rule.Name)), 1) : null };
    }

    /// <summary>Rules of which each has the number that it needs: its own, else the one that a rule of its name had, else the lowest that is free.</summary>
    public static ValueList<Rule> WithNumbers(ValueList<Rule> rules, ValueList<Rule> before)
    {
        if (rules.All(static rule => rule.NeedsNumber == rule.Number is not null))
            return rules;
        var used = Used(rules.Where(static rule => rule.NeedsNumber));
        var known = before.Where(static rule => rule.Number is not null).DistinctBy(static rule => rule.Name).ToDictionary(static rule => rule.Name, static rule => rule.Number!.Value);
        // First those that had one, lest another take it.
        rules = rules.Map(rule => rule.NeedsNumber && rule.Number is null && known.TryGetValue(rule.Name, out var number) && used.Add(number) ? rule with { Number = number } : rule);
        uint next = 1;
        return rules.Map(rule =>
        {
            if (rule.NeedsNumber == rule.Number is not null)
                return rule;
            if (!rule.NeedsNumber)
                return rule with { Number = null };
            next = LowestFree(used, next);
            return rule with { Number = next++ };
        });
    }

    private static HashSet<uint> Used(IEnumerable<Rule> rules) => rules.Select(static rule => rule.Number).OfType<uint>().ToHashSet();

    private static uint LowestFree(HashSet<uint> used, uint from)
    {
        while (used.Contains(from))
            from++;
        return from;
    }
}
