using FsCheck.Xunit;

namespace Ilb.Tests;

public sealed class HealthTests
{
    private static readonly HealthCheck Tcp = new() { Name = "tcp", Test = new TcpTest() };
    private static readonly HealthCheck Bare = Tcp with { DefaultPing = false };

    [Fact]
    public void A_check_begins_with_a_ping_and_goes_on_with_the_test()
    {
        var state = After(Tcp, HealthEvent.Begin(TimeSpan.Zero), HealthEvent.Due);
        Assert.Equal((ServerHealth.Unknown, HealthStep.Ping), (state.Status, state.Step));
        state = Next(state, Tcp, HealthEvent.Alive(TimeSpan.FromSeconds(4)));
        Assert.Equal((ServerHealth.Unknown, HealthStep.Test, null), (state.Status, state.Step, state.RoundTrip));
        state = Next(state, Tcp, HealthEvent.Alive(null));
        Assert.Equal((ServerHealth.Alive, HealthStep.None), (state.Status, state.Step));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_the_default_ping_and_where_the_test_is_one_there_is_none(bool isPing)
    {
        var check = isPing ? Tcp with { Test = new PingTest() } : Bare;
        Assert.Equal(HealthStep.Test, After(check, HealthEvent.Begin(TimeSpan.Zero), HealthEvent.Due).Step);
    }

    [Fact]
    public void A_failed_ping_makes_a_server_unreachable_and_a_failed_test_makes_it_dead()
    {
        var begun = After(Tcp, HealthEvent.Begin(TimeSpan.Zero), HealthEvent.Due);
        var failed = HealthEvent.Failed("host unreachable");
        var state = Next(Next(begun, Tcp, failed), Tcp, failed);
        Assert.Equal((ServerHealth.Unknown, HealthStep.Ping, 2), (state.Status, state.Step, state.Failures));
        state = Next(state, Tcp, failed);
        Assert.Equal((ServerHealth.Unreachable, HealthStep.None, 3, "host unreachable"), (state.Status, state.Step, state.Failures, state.Reason));
        var tested = Next(begun, Tcp, HealthEvent.Alive(null));
        state = Next(Next(Next(tested, Tcp, failed), Tcp, failed), Tcp, failed);
        Assert.Equal((ServerHealth.Dead, 3), (state.Status, state.Failures));
    }

    [Fact]
    public void A_server_that_is_down_is_probed_once_a_check_and_its_failures_are_counted()
    {
        var state = new HealthState { Status = ServerHealth.Dead, Failures = 3 };
        state = Next(Next(state, Bare, HealthEvent.Due), Bare, HealthEvent.Failed("connection refused"));
        Assert.Equal((ServerHealth.Dead, HealthStep.None, 4), (state.Status, state.Step, state.Failures));
    }

    [Fact]
    public void As_many_whole_checks_as_hc_rise_make_a_server_alive_and_a_failure_between_starts_anew()
    {
        var check = Bare with { Rise = 2 };
        var state = Succeed(new HealthState { Status = ServerHealth.Dead, Failures = 3 }, check);
        Assert.Equal((ServerHealth.Dead, 0), (state.Status, state.Failures));
        var again = Next(Next(state, check, HealthEvent.Due), check, HealthEvent.Failed("x"));
        Assert.Equal((1, 0, HealthStep.Test), (again.Failures, again.Successes, again.Step));
        Assert.Equal(ServerHealth.Alive, Succeed(state, check).Status);
    }

    [Fact]
    public void The_fast_interval_holds_while_it_is_uncertain_whether_a_server_is_alive()
    {
        var check = Bare with { Rise = 2, Fast = TimeSpan.FromSeconds(1) };
        var rising = Succeed(default, check);
        Assert.InRange(rising.Next!.Value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
        var alive = Succeed(rising, check);
        Assert.InRange(alive.Next!.Value, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45));
        var reviving = Succeed(new HealthState { Status = ServerHealth.Dead, Failures = 3 }, check);
        Assert.InRange(reviving.Next!.Value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
        var unseen = Next(new HealthState { Step = HealthStep.Test }, check, HealthEvent.NotRun("too many open files"));
        Assert.InRange(unseen.Next!.Value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
        var dead = Next(new HealthState { Status = ServerHealth.Dead, Step = HealthStep.Test, Failures = 5 }, check, HealthEvent.Failed("x"));
        Assert.InRange(dead.Next!.Value, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45));
    }

    [Fact]
    public void The_round_trip_time_is_three_parts_old_and_one_part_new()
    {
        var state = Succeed(default, Bare, TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.FromMilliseconds(100), state.RoundTrip);
        Assert.Equal(TimeSpan.FromMilliseconds(125), Succeed(state, Bare, TimeSpan.FromMilliseconds(200)).RoundTrip);
        Assert.Equal(TimeSpan.FromMilliseconds(100), Succeed(state, Bare, null).RoundTrip);
        var absurd = Succeed(default, Bare, TimeSpan.MaxValue);
        Assert.Equal(TimeSpan.MaxValue, Succeed(absurd, Bare, TimeSpan.MaxValue).RoundTrip);
    }

    [Fact]
    public void What_this_machine_cannot_probe_says_nothing_of_the_server()
    {
        var alive = new HealthState { Status = ServerHealth.Alive, Step = HealthStep.Test, Failures = 1 };
        var state = Next(alive, Bare, HealthEvent.NotRun("too many open files"));
        Assert.Equal((ServerHealth.Alive, HealthStep.None, 1, "too many open files"), (state.Status, state.Step, state.Failures, state.Reason));
        Assert.NotNull(state.Next);
        // A ping that may not be sent is left out.
        Assert.Equal(HealthStep.Test, Next(new HealthState { Step = HealthStep.Ping }, Tcp, HealthEvent.NotRun("no right")).Step);
    }

    [Fact]
    public void A_server_that_is_disabled_is_not_checked_and_one_that_is_enabled_starts_unknown()
    {
        var disabled = Next(new HealthState { Status = ServerHealth.Dead, Step = HealthStep.Test, Failures = 3 }, Tcp, HealthEvent.Disable);
        Assert.Equal(new HealthState { Status = ServerHealth.Disabled }, disabled);
        Assert.Equal(disabled, Next(disabled, Tcp, HealthEvent.Alive(null)));
        Assert.Equal(disabled, Next(disabled, Tcp, HealthEvent.Due));
        var enabled = Next(disabled, Tcp, HealthEvent.Begin(TimeSpan.Zero));
        Assert.Equal((ServerHealth.Unknown, HealthStep.None, TimeSpan.Zero), (enabled.Status, enabled.Step, enabled.Next));
    }

    [Fact]
    public void A_check_that_begins_is_due_within_its_window_and_keeps_what_was_found()
    {
        var dead = new HealthState { Status = ServerHealth.Dead, Step = HealthStep.Test, Failures = 3, Successes = 1, Reason = "x" };
        var begun = Next(dead, Tcp, HealthEvent.Begin(TimeSpan.FromSeconds(10)));
        Assert.InRange(begun.Next!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(10));
        Assert.Equal(new HealthState { Status = ServerHealth.Dead, Next = begun.Next, Reason = "x" }, begun);
    }

    [Fact]
    public void A_check_that_waits_is_postponed_and_one_under_way_is_not()
    {
        var idle = new HealthState { Status = ServerHealth.Alive, Next = TimeSpan.FromHours(-1) };
        var postponed = Next(idle, Tcp, HealthEvent.Postpone(TimeSpan.FromSeconds(10)));
        Assert.InRange(postponed.Next!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(10));
        Assert.Equal(idle with { Next = postponed.Next }, postponed);
        var pinging = idle with { Step = HealthStep.Ping };
        Assert.Equal(pinging, Next(pinging, Tcp, HealthEvent.Postpone(TimeSpan.FromSeconds(10))));
        var disabled = new HealthState { Status = ServerHealth.Disabled };
        Assert.Equal(disabled, Next(disabled, Tcp, HealthEvent.Postpone(TimeSpan.FromSeconds(10))));
    }

    [Fact]
    public void What_comes_too_late_or_too_early_changes_nothing()
    {
        var idle = new HealthState { Status = ServerHealth.Alive, Next = TimeSpan.FromHours(1) };
        foreach (var late in (HealthEvent[])[HealthEvent.Alive(TimeSpan.Zero), HealthEvent.Failed("x"), HealthEvent.NotRun("x")])
            Assert.Equal(idle, Next(idle, Tcp, late));
        var testing = idle with { Step = HealthStep.Test };
        Assert.Equal(testing, Next(testing, Tcp, HealthEvent.Due));
    }

    [Fact]
    public void Failures_are_counted_up_to_the_largest_number()
    {
        var state = new HealthState { Status = ServerHealth.Dead, Failures = int.MaxValue, Step = HealthStep.Test };
        Assert.Equal(int.MaxValue, Next(state, Bare, HealthEvent.Failed("x")).Failures);
    }

    [Fact]
    public void Successes_before_a_server_is_alive_are_not_kept_after()
    {
        var check = Bare with { Rise = 3 };
        var rising = Succeed(Succeed(new HealthState { Status = ServerHealth.Dead }, check), check);
        Assert.Equal((ServerHealth.Dead, 2), (rising.Status, rising.Successes));
        var alive = Succeed(rising, check);
        Assert.Equal((ServerHealth.Alive, 0), (alive.Status, alive.Successes));
        Assert.Equal((ServerHealth.Alive, 0), (Succeed(alive, check).Status, Succeed(alive, check).Successes));
    }

    [Property(MaxTest = 500)]
    public void It_is_never_alive_without_successes_and_never_down_without_failures(int seed)
    {
        var random = new Random(seed);
        var check = RandomCheck(random);
        var (state, now) = (Health.Next(default, check, HealthEvent.Begin(check.Interval), TimeSpan.Zero, random), TimeSpan.Zero);
        int failures = 0, wholeSuccesses = 0;
        for (var i = 0; i < 300; i++)
        {
            var before = state;
            if (state.Step == HealthStep.None)
            {
                now = state.Next!.Value;
                state = Health.Next(state, check, HealthEvent.Due, now, random);
                Assert.NotEqual(HealthStep.None, state.Step);
                continue;
            }

            now += check.Timeout * random.NextDouble();
            var what = random.Next(10) switch
            {
                < 4 => HealthEvent.Failed("x"),
                4 => HealthEvent.NotRun("y"),
                _ => HealthEvent.Alive(null),
            };
            state = Health.Next(state, check, what, now, random);
            if (what.Kind == HealthEventKind.Failed)
                (failures, wholeSuccesses) = (failures + 1, 0);
            else if (what.Kind == HealthEventKind.Alive && before.Step == HealthStep.Test)
                (failures, wholeSuccesses) = (0, wholeSuccesses + 1);

            Assert.Equal(failures, state.Failures);
            if (state.Status != before.Status)
            {
                Assert.True(state.Status == ServerHealth.Alive ? wholeSuccesses >= check.Rise : failures >= check.Count, $"{before} → {state}");
                Assert.Equal(state.Status == ServerHealth.Alive, state.Reason is null);
            }

            // And the other way round: enough of either is a verdict.
            if (failures >= check.Count)
                Assert.True(state.Status is ServerHealth.Dead or ServerHealth.Unreachable);
            if (wholeSuccesses >= check.Rise)
                Assert.Equal(ServerHealth.Alive, state.Status);
            if (state.Step == HealthStep.None)
            {
                Assert.Equal(now, state.Last);
                Assert.InRange(state.Next!.Value - now, (check.Fast ?? check.Interval) / 2, check.Interval * 1.5);
            }
        }
    }

    [Property(MaxTest = 300)]
    public void A_server_that_dies_is_found_out_in_one_and_a_half_intervals_and_as_many_timeouts_as_failures(int seed)
    {
        var random = new Random(seed);
        var check = RandomCheck(random) with { DefaultPing = false };
        var died = TimeSpan.FromHours(1) * random.NextDouble();
        var (state, now) = (Health.Next(new HealthState { Status = ServerHealth.Alive }, check, HealthEvent.Begin(check.Interval), TimeSpan.Zero, random), TimeSpan.Zero);
        while (state.Status == ServerHealth.Alive)
        {
            now = state.Step == HealthStep.None ? state.Next!.Value : now + (now < died ? TimeSpan.Zero : check.Timeout);
            state = Health.Next(state, check, state.Step == HealthStep.None ? HealthEvent.Due : now < died ? HealthEvent.Alive(null) : HealthEvent.Failed("x"), now, random);
        }

        Assert.InRange(now - died, TimeSpan.Zero, (check.Interval * 1.5) + (check.Timeout * check.Count));
    }

    private static HealthCheck RandomCheck(Random random) => new()
    {
        Name = "x",
        Test = random.Next(4) == 0 ? new PingTest() : new TcpTest(),
        Count = random.Next(1, 6),
        Rise = random.Next(1, 4),
        Interval = TimeSpan.FromSeconds(random.Next(30, 90)),
        Timeout = TimeSpan.FromSeconds(random.Next(1, 6)),
        Fast = random.Next(2) == 0 ? null : TimeSpan.FromSeconds(random.Next(1, 30)),
        DefaultPing = random.Next(2) == 0,
    };

    private static HealthState Succeed(in HealthState state, HealthCheck check, TimeSpan? roundTrip = null) =>
        Next(Next(state, check, HealthEvent.Due), check, HealthEvent.Alive(roundTrip));

    private static HealthState After(HealthCheck check, params HealthEvent[] events) => events.Aggregate(default(HealthState), (state, what) => Next(state, check, what));

    private static HealthState Next(in HealthState state, HealthCheck check, HealthEvent what) => Health.Next(state, check, what, TimeSpan.Zero, new Random(1));
}
