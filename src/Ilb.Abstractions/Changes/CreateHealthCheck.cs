namespace Ilb;

/// <summary>Creates a health check.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.AlreadyExists"/> and those of <see cref="HealthCheck.Validate"/>.</remarks>
public sealed record CreateHealthCheck : Change
{
    /// <summary>The health check.</summary>
    public required HealthCheck HealthCheck { get; init; }

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(HealthCheck, "healthCheck");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        errors.Under("healthCheck", under =>
        {
            if (configuration.FindHealthCheck(HealthCheck.Name) is not null)
                under.Add(IlbErrorCode.AlreadyExists, "name", $"health check {Quote.Of(HealthCheck.Name)} exists already");
            HealthCheckChecks.Check(HealthCheck, under);
        });
        return configuration with { HealthChecks = configuration.HealthChecks.Add(HealthCheck) };
    }
}
