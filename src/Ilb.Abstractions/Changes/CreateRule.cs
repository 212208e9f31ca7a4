using System.Net;

namespace Ilb;

/// <summary>Creates a rule.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.AlreadyExists"/>, <see cref="IlbErrorCode.RuleOverlaps"/>, <see cref="IlbErrorCode.NoSuchServerGroup"/>,
/// <see cref="IlbErrorCode.ServerGroupEmpty"/>, <see cref="IlbErrorCode.FamilyMismatch"/>, <see cref="IlbErrorCode.PortMismatch"/>,
/// <see cref="IlbErrorCode.NotFound"/> or <see cref="IlbErrorCode.HealthCheckMismatch"/> for its health check, and those of <see cref="Rule.Validate"/>.</remarks>
public sealed record CreateRule : Change
{
    /// <summary>The rule.</summary>
    public required Rule Rule { get; init; }

    /// <inheritdoc/>
    public override Change Resolve(Configuration configuration, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return this with { Rule = RuleNumbers.WithNumber(Rule, configuration.Rules) };
    }

    private protected override void CheckGiven(ErrorList errors)
    {
        if (errors.CheckGiven(Rule, "rule"))
            RuleChecks.CheckGiven(Rule.Health, "rule.health", errors);
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        errors.Under("rule", under =>
        {
            if (configuration.FindRule(Rule.Name) is not null)
                under.Add(IlbErrorCode.AlreadyExists, "name", $"rule {Quote.Of(Rule.Name)} exists already");
            RuleEdits.Check(Rule, configuration, under);
        });
        return configuration with { Rules = configuration.Rules.Add(RuleNumbers.WithNumber(Rule, configuration.Rules)) };
    }
}
