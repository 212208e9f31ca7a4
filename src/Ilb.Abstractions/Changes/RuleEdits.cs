namespace Ilb;

/// <summary>What the verbs of rules share.</summary>
internal static class RuleEdits
{
    /// <summary>The names of the rules that a change is about.</summary>
    public static HashSet<string> Choose(Configuration configuration, ValueList<string> names, bool all, ErrorList errors)
    {
        if (all && names.Count > 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", "either all rules or names are given, not both");
        if (!all && names.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", "no rule is named");
        if (all)
            return configuration.Rules.Select(static rule => rule.Name).ToHashSet();
        var chosen = names.ToHashSet();
        var known = configuration.Rules.Select(static rule => rule.Name).ToHashSet();
        foreach (var name in names.Distinct())
        {
            if (!known.Contains(name))
                errors.Add(IlbErrorCode.NoSuchRule, "names", $"rule {name} does not exist");
        }

        return chosen;
    }
}
