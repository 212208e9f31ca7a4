namespace Ilb;

/// <summary>A rule with its group and its services, none where it is disabled.</summary>
internal sealed record RulePools(RuleCase Rule, IReadOnlyList<Pool> Pools);
