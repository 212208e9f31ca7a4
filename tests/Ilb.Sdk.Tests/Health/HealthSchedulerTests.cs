using System.Net;
using FsCheck.Xunit;
using Ilb.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

public sealed class HealthSchedulerTests : IDisposable
{
    private static readonly HealthCheck Check = new() { Name = "tcp", Test = new TcpTest(), DefaultPing = false };

    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedServers _servers;
    private readonly List<HealthTransition> _reports = [];
    private HealthScheduler _scheduler;

    public HealthSchedulerTests()
    {
        _servers = new SimulatedServers(_time);
        _scheduler = Make(new HealthLimits());
    }

    public void Dispose() => _scheduler.Dispose();

    [Fact]
    public void Verdicts_are_told_once_with_their_reason()
    {
        _scheduler.Watch([Server(1), Server(2)]);
        _servers.Set(Address(2), ProbeOutcome.Failed("connection refused"));
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(
            [("_g.1", ServerHealth.Unknown, ServerHealth.Alive, null), ("_g.2", ServerHealth.Unknown, ServerHealth.Dead, "connection refused")],
            _reports.OrderBy(static report => report.Key.Server.Number).Select(static report => (report.Key.Server.ToString(), report.From, report.To, report.Reason)));
        _servers.Set(Address(2), ProbeOutcome.Alive());
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal((ServerHealth.Dead, ServerHealth.Alive, null), (_reports[^1].From, _reports[^1].To, _reports[^1].Reason));
        Assert.Equal(3, _reports.Count);
    }

    [Fact]
    public void A_reader_sees_failures_times_and_the_round_trip_time()
    {
        _scheduler.Watch([Server(1), Server(2)]);
        _servers.Set(Address(2), ProbeOutcome.Failed("HTTP 503, wanted 200-399"));
        Pass(TimeSpan.FromMinutes(5));
        var alive = Read(1);
        Assert.Equal((ServerHealth.Alive, 0, TimeSpan.FromMilliseconds(1), null), (alive.Status, alive.Failures, alive.RoundTrip, alive.Reason));
        Assert.InRange(alive.Next!.Value - alive.Last!.Value, Check.Interval / 2, Check.Interval * 1.5);
        Assert.InRange(alive.Next!.Value, _time.GetUtcNow(), _time.GetUtcNow() + (Check.Interval * 1.5));
        var dead = Read(2);
        Assert.Equal((ServerHealth.Dead, "HTTP 503, wanted 200-399"), (dead.Status, dead.Reason));
        Assert.True(dead.Failures > 3);
        Assert.Null(_scheduler.Read(Server(3).Key));
    }

    [Fact]
    public void The_same_check_of_a_server_in_several_rules_is_made_once_and_told_for_each()
    {
        _scheduler.Watch([Server(1), Server(1, rule: "other", check: Check with { Name = "called otherwise" }), Server(1, rule: "third", check: Check with { Count = 2 })]);
        Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal(2, _servers.Count);
        Assert.Equal(["other", "r", "third"], _reports.Select(static report => report.Key.Rule).Order());
        _scheduler.Change([Server(1).Key], []);
        _servers.Set(Address(1), ProbeOutcome.Failed("x"));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(["other", "third"], _reports.Skip(3).Select(static report => report.Key.Rule).Order());
    }

    [Fact]
    public void A_rule_that_joins_a_check_learns_its_verdict_at_once()
    {
        _scheduler.Watch([Server(1)]);
        Pass(TimeSpan.FromSeconds(1));
        _reports.Clear();
        _scheduler.Change([], [Server(1, rule: "other")]);
        Assert.Equal([(ServerHealth.Unknown, ServerHealth.Alive)], _reports.Select(static report => (report.From, report.To)));
    }

    [Fact]
    public void Ten_thousand_checks_that_start_together_are_spread()
    {
        _scheduler.Watch([.. Enumerable.Range(1, 10_000).Select(static number => Server(number))]);
        Pass(TimeSpan.FromSeconds(6), TimeSpan.FromMilliseconds(5));
        Assert.Equal(10_000, _servers.Begun.Select(static begun => begun.Probe.Address).Distinct().Count());
        var busiest = _servers.Begun.GroupBy(static begun => (int)(begun.At.TotalMilliseconds / 100)).Max(static group => group.Count());
        Assert.InRange(busiest, 1, 300);
    }

    [Fact]
    public void One_check_starts_at_once()
    {
        _scheduler.Watch([Server(1)]);
        Pass(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(5));
        Assert.Equal(1, _servers.Count);
    }

    [Fact]
    public void A_reload_keeps_what_is_known_also_where_the_check_is_another()
    {
        _scheduler.Watch([Server(1), Server(2), Server(3)]);
        _servers.Set(Address(2), ProbeOutcome.Failed("x"));
        Pass(TimeSpan.FromMinutes(2));
        _reports.Clear();
        _servers.IsHeld = true;
        _scheduler.Watch([Server(1), Server(2, check: Check with { Interval = TimeSpan.FromSeconds(20) }), Server(3, check: Check with { Test = new HttpTest() }), Server(4)]);
        Assert.Equal((ServerHealth.Alive, ServerHealth.Dead, ServerHealth.Alive, ServerHealth.Unknown), (Read(1).Status, Read(2).Status, Read(3).Status, Read(4).Status));
        Assert.Empty(_reports);
        Pass(TimeSpan.FromMinutes(2));
        Assert.Empty(_reports);
    }

    [Fact]
    public void A_server_at_another_address_is_another_server()
    {
        _scheduler.Watch([Server(1)]);
        Pass(TimeSpan.FromSeconds(1));
        _servers.IsHeld = true;
        _scheduler.Watch([Server(1) with { Target = Server(9).Target }]);
        Assert.Equal(ServerHealth.Unknown, Read(1).Status);
        Assert.Equal((ServerHealth.Alive, ServerHealth.Unknown), (_reports[^1].From, _reports[^1].To));
    }

    [Fact]
    public void What_was_known_in_an_earlier_life_counts_until_the_first_verdict()
    {
        _servers.IsHeld = true;
        _scheduler.Watch([Server(1) with { Known = ServerHealth.Dead }, Server(2) with { Known = ServerHealth.Alive }]);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((ServerHealth.Dead, ServerHealth.Alive), (Read(1).Status, Read(2).Status));
        Assert.Empty(_reports);
        _servers.Release();
        Assert.Equal([(1u, ServerHealth.Dead, ServerHealth.Alive)], _reports.Select(static report => (report.Key.Server.Number, report.From, report.To)));
    }

    [Fact]
    public void A_disabled_server_is_not_probed_and_starts_unknown_when_it_is_enabled()
    {
        _scheduler.Watch([Server(1)]);
        Pass(TimeSpan.FromSeconds(1));
        _scheduler.Change([], [Server(1) with { IsEnabled = false }]);
        Assert.Equal(ServerHealth.Disabled, Read(1).Status);
        Assert.Equal((ServerHealth.Alive, ServerHealth.Disabled), (_reports[^1].From, _reports[^1].To));
        var count = _servers.Count;
        Pass(TimeSpan.FromHours(1));
        Assert.Equal(count, _servers.Count);
        _servers.IsHeld = true;
        _scheduler.Change([], [Server(1)]);
        Assert.Equal(ServerHealth.Unknown, Read(1).Status);
    }

    [Fact]
    public void An_answer_that_comes_after_its_server_was_disabled_or_removed_counts_for_nobody()
    {
        _servers.IsHeld = true;
        _scheduler.Watch([Server(1), Server(2)]);
        Pass(TimeSpan.FromSeconds(1));
        _scheduler.Watch([Server(1) with { IsEnabled = false }]);
        _reports.Clear();
        _servers.Release();
        Assert.Empty(_reports);
        Assert.Null(_scheduler.Read(Server(2).Key));
    }

    [Fact]
    public void No_more_than_the_bound_is_under_way_and_what_waits_gets_its_turn()
    {
        _scheduler.Dispose();
        _scheduler = Make(new HealthLimits { Plain = 10, Scripts = 2 });
        _servers.IsHeld = true;
        var script = Check with { Test = new ScriptTest { Path = "/bin/true" } };
        _scheduler.Watch([.. Enumerable.Range(1, 100).Select(static number => Server(number)), .. Enumerable.Range(1, 5).Select(number => Server(number, rule: "s", check: script))]);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(12, _servers.Held);
        while (_servers.Held > 0)
        {
            Assert.InRange(_servers.Held, 0, 12);
            _servers.Release(1);
        }

        Assert.Equal(105, _servers.Begun.Count);
        Assert.Equal(105, _reports.Count);
    }

    [Fact]
    public void After_the_machine_stood_still_not_everything_that_is_overdue_starts_at_once()
    {
        _scheduler.Watch([.. Enumerable.Range(1, 5_000).Select(static number => Server(number))]);
        Pass(TimeSpan.FromMinutes(2));
        _servers.Begun.Clear();
        _time.Advance(TimeSpan.FromHours(8));
        Assert.InRange(_servers.Begun.Count, 1, 200);
        Pass(TimeSpan.FromSeconds(4));
        Assert.Equal(5_000, _servers.Begun.Select(static begun => begun.Probe.Address).Distinct().Count());
    }

    [Fact]
    public void A_wall_clock_that_is_set_changes_nothing()
    {
        var clock = new MovableClock(_time);
        _scheduler.Dispose();
        _scheduler = new HealthScheduler(_servers, clock, new Random(1), _reports.Add, NullLogger.Instance);
        _scheduler.Watch([.. Enumerable.Range(1, 100).Select(static number => Server(number))]);
        Pass(TimeSpan.FromMinutes(2));
        _servers.Begun.Clear();
        clock.Offset = TimeSpan.FromDays(400);
        Pass(TimeSpan.FromSeconds(1));
        Assert.InRange(_servers.Begun.Count, 0, 20);
        Assert.InRange(Read(1).Last!.Value, clock.GetUtcNow() - TimeSpan.FromMinutes(1), clock.GetUtcNow());
        clock.Offset = TimeSpan.FromDays(-400);
        _servers.Begun.Clear();
        Pass(TimeSpan.FromMinutes(1));
        Assert.InRange(_servers.Begun.Count, 100, 500);
    }

    [Fact]
    public void With_ALL_every_port_is_looked_at_and_the_one_that_fails_is_named()
    {
        var target = Server(1).Target with { Ports = new PortRange(8000, 8099), Port = HealthPort.All };
        _scheduler.Watch([Server(1) with { Target = target }]);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(8000, 100), _servers.Begun.Select(static begun => begun.Probe.Port).Order());
        Assert.Equal(ServerHealth.Alive, Read(1).Status);
        _servers.Set(Address(1), ProbeOutcome.Failed("connection refused"));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal("port 8000: connection refused", _reports[^1].Reason);
    }

    [Fact]
    public void With_ANY_another_port_of_the_range_is_looked_at_each_time()
    {
        _scheduler.Watch([Server(1) with { Target = Server(1).Target with { Ports = new PortRange(8000, 8099) } }]);
        Pass(TimeSpan.FromHours(1));
        Assert.All(_servers.Begun, static begun => Assert.InRange(begun.Probe.Port, 8000, 8099));
        Assert.True(_servers.Begun.Select(static begun => begun.Probe.Port).Distinct().Count() > 10);
    }

    [Fact]
    public void With_DSR_the_test_goes_to_the_VIP_with_the_mark_and_the_ping_to_the_server()
    {
        var vip = IPAddress.Parse("192.0.2.1");
        _scheduler.Watch([Server(1, check: Check with { DefaultPing = true }) with { Target = Server(1).Target with { Vip = vip, Mark = 77, Topology = Topology.Dsr } }]);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(
            [(Address(1), 0u, HealthTestKind.Ping), (vip, 77u, HealthTestKind.Tcp)],
            _servers.Begun.Select(static begun => (begun.Probe.Address, begun.Probe.Mark, begun.Probe.Test.Kind)));
    }

    [Fact]
    public void Where_this_machine_cannot_probe_servers_stay_as_they_are()
    {
        _scheduler.Watch([Server(1)]);
        Pass(TimeSpan.FromSeconds(1));
        _servers.Set(Address(1), ProbeOutcome.NotRun("too many open files"));
        Pass(TimeSpan.FromMinutes(10));
        Assert.Single(_reports);
        Assert.Equal((ServerHealth.Alive, "too many open files"), (Read(1).Status, Read(1).Reason));
    }

    [Fact]
    public void What_cannot_be_probed_is_not_probed_and_stays_as_it_is()
    {
        _scheduler.Watch([Server(1) with { Target = Server(1).Target with { Vip = IPAddress.Parse("192.0.2.1"), Mark = 7, Obstacle = "no address" } }]);
        Pass(TimeSpan.FromMinutes(2));
        Assert.Equal((0L, ServerHealth.Unknown, "no address"), (_servers.Count, Read(1).Status, Read(1).Reason));
    }

    [Fact]
    public void With_ALL_the_time_that_its_ports_wait_for_others_is_not_the_servers()
    {
        _scheduler.Dispose();
        _scheduler = Make(new HealthLimits { Scripts = 1 });
        var check = Check with { Test = new ScriptTest { Path = "/bin/true" }, Count = 1 };
        _servers.IsHeld = true;
        _scheduler.Watch([Server(1, check: check)]);
        Pass(TimeSpan.FromSeconds(1));
        _scheduler.Change([], [Server(3, check: check) with { Target = Server(3).Target with { Ports = new PortRange(80, 119), Port = HealthPort.All } }]);
        Pass(Check.Timeout * 2);
        _servers.IsHeld = false;
        _servers.Release();
        Assert.Equal((ServerHealth.Alive, null), (Read(3).Status, Read(3).Reason));
        // Its own time counts.
        _scheduler.Change([Server(1).Key], []);
        _servers.IsHeld = true;
        Pass(Check.Interval * 1.5);
        Pass(Check.Timeout * 1.5);
        _servers.IsHeld = false;
        _servers.Release();
        Assert.Equal(("timed out after 5 s before 24 of 40 ports were looked at", ServerHealth.Dead), (Read(3).Reason, Read(3).Status));
    }

    [Fact]
    public void With_ALL_a_port_that_fails_counts_also_where_another_could_not_be_looked_at()
    {
        var server = Server(1) with { Target = new ProbeTarget { Server = Address(1), Ports = new PortRange(80, 83), Port = HealthPort.All } };
        _servers.Particular = static probe => probe.Port == 80 ? ProbeOutcome.NotRun("no local port is free") : probe.Port == 82 ? ProbeOutcome.Failed("connection refused") : null;
        _scheduler.Watch([server]);
        Pass(TimeSpan.FromMinutes(2));
        Assert.Equal((ServerHealth.Dead, "port 82: connection refused"), (Read(1).Status, Read(1).Reason));
    }

    [Fact]
    public void A_server_whose_test_tells_absurd_times_is_watched_all_the_same()
    {
        _servers.Set(Address(1), ProbeOutcome.Alive(TimeSpan.MaxValue));
        _scheduler.Watch([Server(1)]);
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(ServerHealth.Alive, Read(1).Status);
        _servers.Set(Address(1), ProbeOutcome.Failed("connection refused"));
        Pass(TimeSpan.FromMinutes(2));
        Assert.Equal((ServerHealth.Dead, "connection refused"), (Read(1).Status, Read(1).Reason));
    }

    [Fact]
    public void A_check_that_is_changed_to_another_test_or_port_keeps_the_verdict()
    {
        var ping = Server(1, check: Check with { Test = new PingTest() });
        _servers.Set(Address(1), ProbeOutcome.Failed("x"));
        _scheduler.Watch([ping, Server(2)]);
        Pass(TimeSpan.FromMinutes(2));
        _reports.Clear();
        _servers.IsHeld = true;
        _scheduler.Change([], [Server(1), Server(2) with { Target = Server(2).Target with { Port = new HealthPort(81) } }]);
        Assert.Equal((ServerHealth.Dead, ServerHealth.Alive), (Read(1).Status, Read(2).Status));
        _scheduler.Change([], [ping]);
        Assert.Equal(ServerHealth.Dead, Read(1).Status);
        Assert.Empty(_reports);
        // At another port of its own it is another server.
        _scheduler.Change([], [Server(2) with { Target = Server(2).Target with { Ports = 81 } }]);
        Assert.Equal(ServerHealth.Unknown, Read(2).Status);
    }

    [Property(MaxTest = 100)]
    public void Whatever_comes_in_whatever_order_nobody_is_forgotten_and_what_is_told_fits_together(int seed)
    {
        var random = new Random(seed);
        HealthTest[] tests = [new TcpTest(), new PingTest(), new HttpTest(), new ScriptTest { Path = "/bin/true" }];
        _scheduler.Dispose();
        _reports.Clear();
        _scheduler = Make(new HealthLimits { Plain = 3, Managed = 2, Scripts = 1 });
        _servers.IsHeld = false;
        var watched = new Dictionary<HealthKey, WatchedServer>();
        var known = new Dictionary<HealthKey, ServerHealth>();
        for (var i = 0; i < 60; i++)
        {
            switch (random.Next(6))
            {
                case 0:
                    watched = Enumerable.Range(0, random.Next(12)).Select(_ => Some()).DistinctBy(static server => server.Key).ToDictionary(static server => server.Key);
                    _scheduler.Watch([.. watched.Values]);
                    break;
                case 1:
                    var removed = watched.Keys.Where(_ => random.Next(3) == 0).ToArray();
                    var changed = Enumerable.Range(0, random.Next(4)).Select(_ => Some()).DistinctBy(static server => server.Key).ToArray();
                    foreach (var key in removed)
                        watched.Remove(key);
                    foreach (var server in changed)
                        watched[server.Key] = server;
                    _scheduler.Change([.. removed.Except(changed.Select(static server => server.Key))], changed);
                    break;
                case 2:
                    _servers.Set(Address(random.Next(1, 6)), random.Next(3) switch { 0 => ProbeOutcome.Alive(TimeSpan.MaxValue), 1 => ProbeOutcome.NotRun("no port"), _ => ProbeOutcome.Failed("x") });
                    break;
                case 3:
                    _servers.IsHeld = !_servers.IsHeld;
                    break;
                case 4:
                    _servers.Release(random.Next(4));
                    break;
                default:
                    Pass(TimeSpan.FromSeconds(random.Next(90)), TimeSpan.FromSeconds(random.Next(1, 20)));
                    break;
            }
        }

        _servers.IsHeld = false;
        _servers.Particular = static _ => ProbeOutcome.Alive();
        _servers.Release();
        Pass(TimeSpan.FromMinutes(3));
        Assert.All(watched.Values, server => Assert.Equal(server.IsEnabled ? ServerHealth.Alive : ServerHealth.Disabled, _scheduler.Read(server.Key)!.Value.Status));
        Assert.All(watched.Values.Where(static server => server.IsEnabled), server => Assert.InRange(_scheduler.Read(server.Key)!.Value.Last!.Value, _time.GetUtcNow() - (Check.Interval * 2), _time.GetUtcNow()));
        // Who comes again begins anew.
        foreach (var report in _reports)
        {
            Assert.NotEqual(report.From, report.To);
            Assert.True(!known.TryGetValue(report.Key, out var before) || report.From == before || report.From is ServerHealth.Unknown or ServerHealth.Disabled, $"{report} after {before}");
            known[report.Key] = report.To;
        }

        _servers.Particular = null;

        WatchedServer Some() => Server(random.Next(1, 6), rule: $"r{random.Next(3)}", check: Check with { Test = tests[random.Next(tests.Length)], DefaultPing = random.Next(2) == 0, Rise = random.Next(1, 3) }) with { IsEnabled = random.Next(4) > 0 };
    }

    [Fact]
    public void Ten_thousand_servers_are_watched_for_days()
    {
        // A week in a full run.
        var days = FullRun.Count(1, 7);
        var random = new Random(7);
        var check = Check with { Interval = TimeSpan.FromMinutes(30), Timeout = TimeSpan.FromSeconds(5) };
        _servers.IsNoted = false;
        _scheduler.Watch([.. Enumerable.Range(1, 10_000).Select(number => Server(number, check: check))]);
        var isDead = new bool[10_001];
        for (var hour = 0; hour < days * 24; hour++)
        {
            for (var i = 0; i < 50; i++)
            {
                var number = random.Next(1, isDead.Length);
                isDead[number] = !isDead[number];
                _servers.Set(Address(number), isDead[number] ? ProbeOutcome.Failed("x") : ProbeOutcome.Alive());
            }

            Pass(TimeSpan.FromHours(1));
        }

        // Each server's verdict is what it is, and each change of it was told once, in turn.
        Assert.All(Enumerable.Range(1, 10_000), number => Assert.Equal(isDead[number] ? ServerHealth.Dead : ServerHealth.Alive, Read(number).Status));
        foreach (var reports in _reports.GroupBy(static report => report.Key))
            Assert.All(reports.Zip(reports.Skip(1)), static pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.InRange(_servers.Count, 10_000 * days * 48, 10_000 * days * 48 * 1.1);
    }

    private static WatchedServer Server(int number, string rule = "r", HealthCheck? check = null) => new()
    {
        Key = new HealthKey(rule, new ServerId { ServerGroup = "g", Number = (uint)number }),
        Check = check ?? Check,
        Target = new ProbeTarget { Server = Address(number), Ports = 80 },
    };

    private static IPAddress Address(int number) => new([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    private HealthScheduler Make(HealthLimits limits) => new(_servers, _time, new Random(1), _reports.Add, NullLogger.Instance, limits);

    private HealthReading Read(int number) => _scheduler.Read(Server(number).Key)!.Value;

    // In steps, for time that jumps is another matter.
    private void Pass(TimeSpan time, TimeSpan? step = null)
    {
        var end = _time.GetUtcNow() + time;
        while (_time.GetUtcNow() < end)
            _time.Advance(step ?? TimeSpan.FromMilliseconds(250));
    }
}
