namespace Ilb;

/// <summary>What the verbs of rules share.</summary>
internal static class RuleEdits
{
    /// <summary>The names of the rules that a change is about.</summary>
    public static HashSet<string> Choose(Configuration configuration, ValueList<string> names, bool all, ErrorList errors) =>
        NameChoice.Choose("rule", configuration.Rules.Select(static rule => rule.Name), names, all, IlbErrorCode.NoSuchRule, errors);

    /// <summary>Checks a rule that is new or changed beside everything else; one of its name is left out, which is itself or told already.</summary>
    public static void Check(Rule rule, Configuration configuration, ErrorList errors)
    {
        RuleChecks.Check(rule, errors);
        RuleChecks.CheckWithGroups(rule, configuration.FindServerGroup, true, errors);
        RuleChecks.CheckWithHealthCheck(rule, configuration.FindHealthCheck, errors);
        if (rule.Number is { } number && configuration.Rules.Find(other => other.Number == number && other.Name != rule.Name) is { } same)
            RuleChecks.AddSameNumber(rule, same, errors);
        if (RuleChecks.FindOverlap(rule, configuration.Rules.Where(other => other.Name != rule.Name)) is { } overlapped)
            RuleChecks.AddOverlap(rule, overlapped, errors);
    }
}
