namespace Ilb;

/// <summary>Creates a rule.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.AlreadyExists"/>, <see cref="IlbErrorCode.RuleOverlaps"/>, <see cref="IlbErrorCode.NoSuchServerGroup"/>,
/// <see cref="IlbErrorCode.ServerGroupEmpty"/>, <see cref="IlbErrorCode.FamilyMismatch"/>, <see cref="IlbErrorCode.PortMismatch"/>,
/// <see cref="IlbErrorCode.NotFound"/> or <see cref="IlbErrorCode.HealthCheckMismatch"/> for its health check, and those of <see cref="Rule.Validate"/>.</remarks>
public sealed record CreateRule : Change
{
    /// <summary>The rule.</summary>
    public required Rule Rule { get; init; }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        errors.Under("rule", under => Check(configuration, under));
        return configuration with { Rules = configuration.Rules.Add(Rule) };
    }

    private void Check(Configuration configuration, ErrorList errors)
    {
        if (configuration.FindRule(Rule.Name) is not null)
            errors.Add(IlbErrorCode.AlreadyExists, "name", $"rule {Rule.Name} exists already");
        RuleChecks.Check(Rule, errors);
        RuleChecks.CheckWithGroups(Rule, configuration.FindServerGroup, true, errors);
        RuleChecks.CheckWithHealthCheck(Rule, configuration.FindHealthCheck, errors);

        // A rule of the same name is told as such, not as an overlap with itself.
        if (RuleChecks.FindOverlap(Rule, configuration.Rules) is { } other && other.Name != Rule.Name)
            RuleChecks.AddOverlap(Rule, other, errors);
    }
}
