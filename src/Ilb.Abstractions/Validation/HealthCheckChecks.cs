namespace Ilb;

/// <summary>What a health check must be, for itself and beside a rule.</summary>
internal static class HealthCheckChecks
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    public static void Check(HealthCheck check, ErrorList errors)
    {
        errors.CheckName("health check", check.Name, "name");
        var subject = $"health check {Quote.Of(check.Name)}";
        if (check.Test is null)
            errors.Add(IlbErrorCode.HealthCheckIncomplete, "test", $"{subject}: the test is missing");
        else
            errors.Under("test", under => check.Test.Check(subject, under));
        CheckTimes(check, subject, errors);
        errors.CheckRange(check.Count, 1, HealthCheck.MaximumCount, subject, "hc-count", "count");
        errors.CheckRange(check.Rise, 1, HealthCheck.MaximumCount, subject, "hc-rise", "rise");
        if (!check.DefaultPing && check.Test is PingTest or UdpTest)
            errors.Add(IlbErrorCode.InvalidArgument, "defaultPing", $"{subject}: a {check.Test} test cannot be without the default ping");
    }

    /// <summary>Whether a rule and its health check go together.</summary>
    public static void CheckWithRule(Rule rule, HealthCheck check, ErrorList errors)
    {
        if (rule.Health is not { } health || check.Test is not { } test)
            return;
        if (rule.FirewallMark is null && !test.Fits(rule.Protocol))
        {
            errors.Add(IlbErrorCode.HealthCheckMismatch, "health.check",
                $"rule {Quote.Of(rule.Name)}: the {test} test of health check {Quote.Of(check.Name)} does not go with protocol {rule.Protocol.ToText()}");
        }

        if (rule.Ports is null && health.Port.Port is null && test is not PingTest)
            errors.Add(IlbErrorCode.HealthCheckMismatch, "health.port", $"rule {Quote.Of(rule.Name)}: {(rule.FirewallMark is null ? "a rule of all ports" : "a rule with a fwmark")} needs the number of the port to check (hc-port)");
    }

    private static void CheckTimes(HealthCheck check, string subject, ErrorList errors)
    {
        errors.CheckDuration(check.Timeout, Millisecond, HealthCheck.MaximumInterval, subject, "hc-timeout", "timeout");
        errors.CheckDuration(check.Interval, Millisecond, HealthCheck.MaximumInterval, subject, "hc-interval", "interval");

        // In long: a count out of range must not overflow.
        if (check.Count > 0 && check.Timeout > TimeSpan.Zero && check.Interval.Ticks / check.Count < check.Timeout.Ticks + (check.Interval.Ticks % check.Count == 0 ? 1 : 0))
        {
            errors.Add(IlbErrorCode.InvalidArgument, "interval",
                $"{subject}: hc-interval {Duration.Format(check.Interval)} must be longer than hc-timeout {Duration.Format(check.Timeout)} x hc-count {check.Count}");
        }

        if (check.Fast is not { } fast)
            return;
        errors.CheckDuration(fast, Millisecond, HealthCheck.MaximumInterval, subject, "hc-fast", "fast");
        if (fast >= check.Interval)
            errors.Add(IlbErrorCode.InvalidArgument, "fast", $"{subject}: hc-fast {Duration.Format(fast)} must be shorter than hc-interval {Duration.Format(check.Interval)}");
    }
}
