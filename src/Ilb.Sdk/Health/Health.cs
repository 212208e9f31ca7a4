namespace Ilb;

/// <summary>
/// How verdicts come about, as a pure function. A check is a ping, unless it is left out, and a test. A step that fails is taken again at once until it has failed <see cref="HealthCheck.Count"/> times in a row: then the server is
/// unreachable or dead. <see cref="HealthCheck.Rise"/> whole checks that succeed make it alive. The next check begins between half the interval and one and a half of it after the end of the last, at random, so that
/// checks which once ran together drift apart.
/// </summary>
internal static class Health
{
    /// <summary>What follows from an event: the new state, and in its <see cref="HealthState.Step"/> what is to be done now; where that is nothing, the next check begins at <see cref="HealthState.Next"/>.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="check">How the server is checked.</param>
    /// <param name="what">The event.</param>
    /// <param name="now">The time.</param>
    /// <param name="random">Where chance comes from.</param>
    public static HealthState Next(in HealthState state, HealthCheck check, in HealthEvent what, TimeSpan now, Random random) => what.Kind switch
    {
        HealthEventKind.Disable => new HealthState { Status = ServerHealth.Disabled },
        HealthEventKind.Begin => (state.Status == ServerHealth.Disabled ? default : state) with { Step = HealthStep.None, Failures = 0, Successes = 0, Next = now + (what.Window * random.NextDouble()) },
        _ when state.Status == ServerHealth.Disabled => state,
        HealthEventKind.Postpone when state.Step == HealthStep.None => state with { Next = now + (what.Window * random.NextDouble()) },
        HealthEventKind.Due when state.Step == HealthStep.None => state with { Step = HasPing(check) ? HealthStep.Ping : HealthStep.Test },
        _ when state.Step == HealthStep.None => state,
        HealthEventKind.Alive when state.Step == HealthStep.Ping => state with { Step = HealthStep.Test },
        HealthEventKind.Alive => Succeed(state, check, what, now, random),
        HealthEventKind.Failed => Fail(state, check, what, now, random),
        // A ping that this machine may not send says nothing of the server: the test will.
        HealthEventKind.NotRun when state.Step == HealthStep.Ping => state with { Step = HealthStep.Test },
        HealthEventKind.NotRun => Rest(state with { Reason = what.Reason }, check, now, random),
        _ => state,
    };

    /// <summary>Whether a check begins with a ping: its test may be one itself.</summary>
    public static bool HasPing(HealthCheck check) => check.DefaultPing && check.Test is not PingTest;

    private static HealthState Succeed(in HealthState state, HealthCheck check, in HealthEvent what, TimeSpan now, Random random)
    {
        var successes = state.Successes + 1;
        var isAlive = state.Status == ServerHealth.Alive || successes >= check.Rise;
        return Rest(
            state with
            {
                Status = isAlive ? ServerHealth.Alive : state.Status,
                Failures = 0,
                Successes = isAlive ? 0 : successes,
                RoundTrip = Smooth(state.RoundTrip, what.RoundTrip),
                Reason = null,
            },
            check,
            now,
            random);
    }

    private static HealthState Fail(in HealthState state, HealthCheck check, in HealthEvent what, TimeSpan now, Random random)
    {
        var failed = state with { Failures = Math.Min(state.Failures, int.MaxValue - 1) + 1, Successes = 0, Reason = what.Reason };
        if (failed.Failures < check.Count)
            return failed;
        // A server that is dead already was not probed more often than once for it.
        return Rest(failed with { Status = state.Step == HealthStep.Ping ? ServerHealth.Unreachable : ServerHealth.Dead }, check, now, random);
    }

    private static HealthState Rest(in HealthState state, HealthCheck check, TimeSpan now, Random random)
    {
        var isUncertain = state.Status == ServerHealth.Unknown || state.Successes > 0;
        var interval = isUncertain ? check.Fast ?? check.Interval : check.Interval;
        return state with { Step = HealthStep.None, Last = now, Next = now + (interval * (0.5 + random.NextDouble())) };
    }

    private static TimeSpan? Smooth(TimeSpan? old, TimeSpan? latest) => (old, latest) switch
    {
        (_, null) => old,
        (null, _) => latest,
        // Three parts old and one new. Their sum might be too much: programs and products say what they like.
        _ => old + ((latest - old) / 4),
    };
}
