namespace Ilb;

/// <summary>Changes of a health check what is given, and leaves the rest.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NotFound"/>, <see cref="IlbErrorCode.HealthCheckMismatch"/> beside the rules that use it, and those of <see cref="HealthCheck.Validate"/>.</remarks>
public sealed record SetHealthCheck : Change
{
    /// <summary>The health check's name.</summary>
    public required string Name { get; init; }

    /// <summary>See <see cref="HealthCheck.Test"/>; null (default) = as it is.</summary>
    public HealthTest? Test { get; init; }

    /// <summary>See <see cref="HealthCheck.Timeout"/>; null (default) = as it is.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>See <see cref="HealthCheck.Count"/>; null (default) = as it is.</summary>
    public int? Count { get; init; }

    /// <summary>See <see cref="HealthCheck.Interval"/>; null (default) = as it is.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>See <see cref="HealthCheck.Rise"/>; null (default) = as it is.</summary>
    public int? Rise { get; init; }

    /// <summary>See <see cref="HealthCheck.Fast"/>; null (default) = as it is, 0 = none.</summary>
    public TimeSpan? Fast { get; init; }

    /// <summary>See <see cref="HealthCheck.DefaultPing"/>; null (default) = as it is.</summary>
    public bool? DefaultPing { get; init; }

    /// <summary>The change that makes one health check of another; the name is that of <paramref name="after"/>.</summary>
    /// <param name="before">The health check as it is.</param>
    /// <param name="after">The health check as it shall be.</param>
    public static SetHealthCheck Between(HealthCheck before, HealthCheck after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new SetHealthCheck
        {
            Name = after.Name,
            Test = before.Test == after.Test ? null : after.Test,
            Timeout = before.Timeout == after.Timeout ? null : after.Timeout,
            Count = before.Count == after.Count ? null : after.Count,
            Interval = before.Interval == after.Interval ? null : after.Interval,
            Rise = before.Rise == after.Rise ? null : after.Rise,
            Fast = before.Fast == after.Fast ? null : after.Fast ?? TimeSpan.Zero,
            DefaultPing = before.DefaultPing == after.DefaultPing ? null : after.DefaultPing,
        };
    }

    private protected override void CheckGiven(ErrorList errors) => errors.CheckGiven(Name, "name");

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var place = configuration.HealthChecks.IndexOf(check => check.Name == Name);
        if (place < 0)
        {
            errors.Add(IlbErrorCode.NotFound, "name", $"health check {Quote.Of(Name)} does not exist");
            return configuration;
        }

        var old = configuration.HealthChecks[place];
        var check = old with
        {
            Test = Test ?? old.Test,
            Timeout = Timeout ?? old.Timeout,
            Count = Count ?? old.Count,
            Interval = Interval ?? old.Interval,
            Rise = Rise ?? old.Rise,
            Fast = Fast is null ? old.Fast : Fast == TimeSpan.Zero ? null : Fast,
            DefaultPing = DefaultPing ?? old.DefaultPing,
        };
        HealthCheckChecks.Check(check, errors);
        foreach (var rule in configuration.Rules)
        {
            if (rule.Health?.Check == Name)
                errors.Under("test", under => HealthCheckChecks.CheckWithRule(rule, check, under));
        }

        return configuration with { HealthChecks = configuration.HealthChecks.With(place, check) };
    }
}
