using System.Net;

namespace Ilb.Tests;

/// <summary>How long connections of servers that leave have, and which of them count.</summary>
public sealed class DrainTimesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
        ConnectionDrain = TimeSpan.FromSeconds(30),
    };

    private static readonly Rule Marked = Rule with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 7 } };

    // Seconds since each server lost its new connections, and until the next one loses all.
    [Theory]
    [InlineData("", null)]
    [InlineData("0", 30)]
    [InlineData("29", 1)]
    [InlineData("30", null)]
    [InlineData("31", null)]
    [InlineData("-1", 0)]
    [InlineData("10 20", 10)]
    [InlineData("40 20", 10)]
    public void The_next_cut_is_that_of_the_server_that_has_waited_longest_of_those_that_wait(string since, int? next)
    {
        var runtime = Runtime(since.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(double.Parse));
        Assert.Equal(next is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Drain.NextIn(Rule, runtime, Now));
        Assert.Null(Drain.NextIn(Rule with { ConnectionDrain = TimeSpan.Zero }, runtime, Now));
    }

    [Fact]
    public void A_deadline_is_as_long_after_the_beginning_as_the_rule_says_and_none_where_it_says_nothing()
    {
        Assert.Equal(Now.AddSeconds(30), Drain.DeadlineOf(TimeSpan.FromSeconds(30), Now));
        Assert.Null(Drain.DeadlineOf(TimeSpan.Zero, Now));
    }

    [Fact]
    public void Only_connections_of_UDP_without_a_deadline_have_nothing_to_wait_for()
    {
        Assert.True(Drain.IsCut(Rule with { Protocol = Protocol.Udp, ConnectionDrain = TimeSpan.Zero }));
        Assert.False(Drain.IsCut(Rule with { Protocol = Protocol.Udp }));
        Assert.False(Drain.IsCut(Rule with { ConnectionDrain = TimeSpan.Zero }));
        Assert.False(Drain.IsCut(Marked with { Protocol = Protocol.Udp, ConnectionDrain = TimeSpan.Zero }));
    }

    [Theory]
    [InlineData(Protocol.Tcp, 3)]
    [InlineData(Protocol.Sctp, 3)]
    [InlineData(Protocol.Udp, 7)]
    public void Closed_connections_count_where_they_may_go_on(Protocol protocol, long open)
    {
        Assert.Equal(open, Drain.CountOpen(Rule with { Protocol = protocol }, 3, 4));
        Assert.Equal(open == 3, Drain.HasEnded(Rule with { Protocol = protocol }, 0, 4));
        Assert.Equal(7, Drain.CountOpen(Marked with { Protocol = protocol }, 3, 4));
    }

    [Fact]
    public void The_kernel_forgets_connections_with_their_server_where_they_must_not_hang()
    {
        var idle = Rule with { ConnectionDrain = TimeSpan.Zero };
        Assert.True(Drain.NeedsCut(Rule));
        Assert.False(Drain.NeedsCut(idle));
        Assert.True(Drain.NeedsCut(idle with { Protocol = Protocol.Udp }));
        Assert.True(Drain.NeedsCut(idle with { Health = new RuleHealth { Check = "h", OnDead = DeadAction.Cut } }));
        Assert.False(Drain.NeedsCut(idle with { Health = new RuleHealth { Check = "h", OnDead = DeadAction.Drain } }));
    }

    [Fact]
    public void A_leaver_is_over_at_its_deadline_and_never_without_one()
    {
        var leaver = Leaver(Now.AddSeconds(-30), Now);
        Assert.True(leaver.IsOver(Now));
        Assert.False(leaver.IsOver(Now.AddTicks(-1)));
        Assert.False((leaver with { Deadline = null }).IsOver(DateTimeOffset.MaxValue));
    }

    [Fact]
    public void A_leaver_whose_clock_was_set_back_has_its_time_from_now_on()
    {
        var ahead = Leaver(Now.AddHours(1), Now.AddHours(1).AddSeconds(30));
        Assert.Equal(ahead with { Since = Now, Deadline = Now.AddSeconds(30) }, ahead.NotAhead(Now));
        Assert.Equal(ahead with { Since = Now, Deadline = null }, (ahead with { Deadline = null }).NotAhead(Now));
        var behind = Leaver(Now.AddSeconds(-10), Now.AddSeconds(20));
        Assert.Same(behind, behind.NotAhead(Now));
        var present = Leaver(Now, Now.AddSeconds(30));
        Assert.Same(present, present.NotAhead(Now));
    }

    private static RuleRuntime Runtime(IEnumerable<double> seconds) =>
        seconds.Index().Aggregate(RuleRuntime.None, static (runtime, one) => runtime.WithDrain((uint)one.Index, Now.AddSeconds(-one.Item)));

    private static Leaver Leaver(DateTimeOffset since, DateTimeOffset deadline) => new()
    {
        Rule = Rule,
        Id = new ServerId { ServerGroup = "g", Number = 0 },
        Server = new Server { Address = IPAddress.Parse("10.0.0.1"), Number = 0 },
        Port = 80,
        Since = since,
        Deadline = deadline,
    };
}
