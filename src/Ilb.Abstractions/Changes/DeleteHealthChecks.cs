namespace Ilb;

/// <summary>Deletes health checks that no rule uses.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NotFound"/> for each unknown name, <see cref="IlbErrorCode.InUse"/> for each that a rule uses; then none is deleted.</remarks>
public sealed record DeleteHealthChecks : Change
{
    /// <summary>Which, by name; at least one.</summary>
    public required ValueList<string> Names { get; init; }

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Names, "names");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        if (Names.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "names", "no health check is named");
        foreach (var name in Names.Distinct())
        {
            if (configuration.FindHealthCheck(name) is null)
                errors.Add(IlbErrorCode.NotFound, "names", $"health check {Quote.Of(name)} does not exist");
            var users = configuration.Rules.Where(rule => rule.Health?.Check == name).Select(static rule => rule.Name).ToArray();
            if (users.Length > 0)
                errors.Add(IlbErrorCode.InUse, "names", $"health check {Quote.Of(name)} is used by {(users.Length == 1 ? "rule" : "rules")} {string.Join(", ", users.Select(Quote.Of))}");
        }

        return configuration with { HealthChecks = configuration.HealthChecks.Filter(check => !Names.Contains(check.Name)) };
    }
}
