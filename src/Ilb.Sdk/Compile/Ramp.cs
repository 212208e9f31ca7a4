namespace Ilb;

/// <summary>The weight of a server that joins others, which rises in steps (slow-start). Pure.</summary>
internal static class Ramp
{
    // A weight of 1 has to rise from something: all weights of such a rule are so many times what is configured.
    private const int Steps = 10;

    /// <summary>The weight of a server once it is there.</summary>
    public static int Full(Rule rule, Server server) => rule.SlowStart is null ? server.Weight : server.Weight * Steps;

    /// <summary>The weight of a server now.</summary>
    public static int Weight(RuleCase rule, Server server, DateTimeOffset now) =>
        rule.Rule.SlowStart is { } time && server.Number is { } number && rule.Runtime.Ramps.TryGetValue(number, out var since) ? server.Weight * StepAt(now - since, time) : Full(rule.Rule, server);

    /// <summary>How long until a weight of the rule rises next; null if none does.</summary>
    public static TimeSpan? NextIn(Rule rule, RuleRuntime runtime, DateTimeOffset now)
    {
        if (rule.SlowStart is not { } time || runtime.Ramps.IsEmpty)
            return null;
        var next = runtime.Ramps.Values.Min(since => (since + (time * StepAt(now - since, time) / Steps)) - now);
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    // 1 at first, and all of them when the time is over; also where the clock was set back, or it could be over in years.
    private static int StepAt(TimeSpan elapsed, TimeSpan time) => elapsed < TimeSpan.Zero ? Steps : (int)Math.Clamp((elapsed * Steps / time) + 1, 1, Steps);
}
