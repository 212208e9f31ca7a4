using System.Net;

namespace Ilb.Tests;

/// <summary>What becomes of what is remembered of a rule when the rule, its servers or the time change.</summary>
public sealed class FollowingTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly Verdict Dead = new() { IsAlive = false, Since = Now.AddSeconds(-10) };

    private static readonly ServerGroup Group = new ServerGroup { Name = "g", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3") }.WithNumbers();

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
        Health = new RuleHealth { Check = "h" },
        Passive = new PassiveDetection { Connections = 10 },
    };

    private static readonly Rule Timed = Rule with { ConnectionDrain = TimeSpan.FromSeconds(30) };
    private static readonly Rule Slow = Rule with { SlowStart = TimeSpan.FromSeconds(20) };

    [Fact]
    public void Verdicts_are_kept_while_the_server_is_enabled_and_watched()
    {
        var runtime = RuleRuntime.None.WithVerdict(1, Dead).WithVerdict(9, Dead);
        Assert.Equal([1u], After(Rule, runtime).Verdicts.Keys);
        Assert.Empty(After(Rule with { Enabled = false }, runtime).Verdicts);
        Assert.Empty(After(Rule with { Health = null }, runtime).Verdicts);
        Assert.Empty(After(Rule, runtime, Disabled(1)).Verdicts);
    }

    [Fact]
    public void Words_of_others_are_kept_while_the_server_is_there_and_their_time_lasts()
    {
        var runtime = RuleRuntime.None.WithOutside(1, Dead).WithOutside(2, Dead with { Until = Now }).WithOutside(3, Dead with { Until = Now.AddTicks(1) }).WithOutside(9, Dead);
        Assert.Equal([1u, 3u], After(Rule, runtime, Disabled(1)).Outside.Keys.Order());
    }

    [Fact]
    public void Silence_is_forgotten_where_nobody_counts_and_ends_in_probation()
    {
        var runtime = RuleRuntime.None.WithPassive(1, Dead with { Until = Now }).WithPassive(2, Dead with { Until = Now.AddSeconds(1) }).WithPassive(3, Dead with { IsAlive = true, Until = Now });
        var after = After(Rule, runtime).Passive;
        Assert.Equal([true, false, true], after.OrderBy(static pair => pair.Key).Select(static pair => pair.Value.IsAlive));
        Assert.Same(runtime.Passive[3], after[3]);
        Assert.Empty(After(Rule with { Passive = null }, runtime).Passive);
        Assert.Empty(After(Rule with { Enabled = false }, runtime).Passive);
        Assert.Equal([2u, 3u], After(Rule, runtime, Disabled(1)).Passive.Keys.Order());
    }

    [Fact]
    public void A_drain_begins_with_the_last_new_connection_and_ends_with_the_next()
    {
        var begun = Now.AddSeconds(-5);
        var runtime = RuleRuntime.None.WithDrain(1, begun).WithDrain(2, begun).WithDrain(9, begun);
        Assert.Equal([(1u, begun), (3u, Now)], Pairs(After(Timed, runtime, Disabled(1, 3)).Drains));
        Assert.Empty(After(Rule, runtime, Disabled(1)).Drains);
        Assert.Empty(After(Timed with { Enabled = false }, runtime, Disabled(1)).Drains);
    }

    [Fact]
    public void A_drain_that_begins_ahead_of_a_clock_that_was_set_back_begins_again()
    {
        var runtime = RuleRuntime.None.WithDrain(1, Now.AddTicks(1)).WithDrain(2, Now);
        Assert.Equal([(1u, Now), (2u, Now)], Pairs(After(Timed, runtime, Disabled(1, 2)).Drains));
    }

    [Fact]
    public void Who_joins_those_that_serve_begins_with_a_small_weight_if_somebody_is_there_to_raise_it()
    {
        var before = Case(Slow, RuleRuntime.None, Disabled(1));
        Assert.Equal([(1u, Now)], Pairs(Case(Slow, RuleRuntime.None, Group).Following(before, Now, true).Runtime.Ramps));
        Assert.Empty(Case(Slow, RuleRuntime.None, Group).Following(before, Now, false).Runtime.Ramps);
        Assert.Empty(Case(Slow, RuleRuntime.None, Group).Following(null, Now, true).Runtime.Ramps);
        Assert.Empty(Case(Rule, RuleRuntime.None, Group).Following(before, Now, true).Runtime.Ramps);
        Assert.Empty(Case(Slow with { Enabled = false }, RuleRuntime.None, Group).Following(before, Now, true).Runtime.Ramps);
        Assert.Empty(Case(Slow, RuleRuntime.None, Group).Following(before with { Rule = Slow with { Enabled = false } }, Now, true).Runtime.Ramps);
        Assert.Empty(Case(Slow, RuleRuntime.None, Group).Following(Case(Slow, RuleRuntime.None, Disabled(0, 1, 2, 3)), Now, true).Runtime.Ramps);
    }

    [Fact]
    public void A_rise_ends_with_its_time_with_its_server_and_where_the_clock_was_set_back()
    {
        var runtime = RuleRuntime.None.WithRamp(0, Now.AddSeconds(-20)).WithRamp(1, Now.AddSeconds(-19)).WithRamp(2, Now).WithRamp(3, Now.AddTicks(1)).WithRamp(9, Now);
        Assert.Equal([1u, 2u], After(Slow, runtime).Ramps.Keys.Order());
        Assert.Equal([1u], After(Slow, runtime, Disabled(2)).Ramps.Keys);
        Assert.Empty(After(Rule, runtime).Ramps);
    }

    [Fact]
    public void A_disabled_rule_has_no_sorry_group_that_serves()
    {
        var sorry = new ServerGroup { Name = "s", Servers = ServerSpec.Parse("10.0.9.1") }.WithNumbers();
        var rule = Case(Rule with { Sorry = new SorryGroup { ServerGroup = "s" } }, RuleRuntime.None, Disabled(0, 1, 2, 3)) with { Sorry = sorry };
        Assert.True(rule.Following(null, Now, true).Runtime.IsSorry);
        Assert.False((rule with { Rule = rule.Rule with { Enabled = false } }).Following(null, Now, true).Runtime.IsSorry);
    }

    [Fact]
    public void A_drain_is_over_at_its_deadline_and_of_UDP_at_once()
    {
        var drained = Case(Timed, RuleRuntime.None.WithDrain(1, Now), Disabled(1));
        Assert.False(drained.IsDrainOver(Group.Servers[1], Now.AddSeconds(30).AddTicks(-1)));
        Assert.True(drained.IsDrainOver(Group.Servers[1], Now.AddSeconds(30)));
        Assert.False(drained.IsDrainOver(Group.Servers[2], Now.AddDays(1)));
        var udp = Case(Rule with { Protocol = Protocol.Udp }, RuleRuntime.None, Disabled(1));
        Assert.True(udp.IsDrainOver(udp.Group.Servers[1], Now));
        Assert.False(udp.IsDrainOver(udp.Group.Servers[2], Now));
    }

    private static ServerGroup Disabled(params uint[] servers) =>
        Group with { Servers = Group.Servers.Select(server => server with { Enabled = !servers.Contains(server.Number!.Value) }).ToValueList() };

    private static RuleCase Case(Rule rule, RuleRuntime runtime, ServerGroup group) => new() { Rule = rule, Group = group, Runtime = runtime };

    private static RuleRuntime After(Rule rule, RuleRuntime runtime, ServerGroup? group = null) => Case(rule, runtime, group ?? Group).Following(null, Now, true).Runtime;

    private static IEnumerable<(uint, DateTimeOffset)> Pairs(IEnumerable<KeyValuePair<uint, DateTimeOffset>> times) => times.OrderBy(static pair => pair.Key).Select(static pair => (pair.Key, pair.Value));
}
