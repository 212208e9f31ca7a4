using System.Net;

namespace Ilb.Tests;

/// <summary>Who gets new connections, by what the health checks found.</summary>
public sealed class AbleTests
{
    private static readonly ServerGroup Group = new ServerGroup { Name = "g", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3") }.WithNumbers();
    private static readonly ServerGroup Sorry = new ServerGroup { Name = "s", Servers = ServerSpec.Parse("10.0.9.1:81") }.WithNumbers();

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
        Health = new RuleHealth { Check = "h" },
    };

    // One letter a server: a alive, d dead, ? no verdict, capital where the administrator has disabled it. After it the weights, x = not there.
    [Theory]
    [InlineData("????", "1111")]
    [InlineData("aada", "1101")]
    [InlineData("aaDA", "1100")]
    [InlineData("dddd", "0000")]
    public void A_dead_server_keeps_its_connections_and_gets_no_new_ones(string servers, string weights) => Assert.Equal(weights, Weights(Rule, servers));

    [Theory]
    [InlineData("????", "0000")]
    [InlineData("a?d?", "1000")]
    public void With_start_down_a_server_waits_for_its_first_verdict(string servers, string weights) =>
        Assert.Equal(weights, Weights(Rule with { Health = Rule.Health! with { Start = StartState.Down } }, servers));

    [Fact]
    public void Cut_takes_a_dead_server_away_and_UDP_does_so_by_itself()
    {
        Assert.Equal("11x0", Weights(Rule with { Health = Rule.Health! with { OnDead = DeadAction.Cut } }, "a?dD"));
        Assert.Equal("11x1", Weights(Rule with { Protocol = Protocol.Udp }, "aada"));
        Assert.Equal("1101", Weights(Rule with { Protocol = Protocol.Udp, Health = Rule.Health! with { OnDead = DeadAction.Drain } }, "aada"));
    }

    [Theory]
    [InlineData("aadd", "1100")] // 50 % is not more than 50 %
    [InlineData("addd", "1111")]
    [InlineData("adDD", "1000")]
    [InlineData("ddDD", "1100")]
    public void In_a_panic_all_that_are_enabled_stay(string servers, string weights) =>
        Assert.Equal(weights, Weights(Rule with { Health = Rule.Health! with { Panic = new Percentage(50), OnDead = DeadAction.Cut } }, servers).Replace('x', '0'));

    [Fact]
    public void A_rule_without_a_check_has_no_dead_servers() => Assert.Equal("1111", Weights(Rule with { Health = null }, "dddd"));

    // The bounds of keepalived: lost below quorum - hysteresis, back from quorum + hysteresis on.
    [Theory]
    [InlineData("1", "0", "addd", false, "1000 0")]
    [InlineData("1", "0", "dddd", false, "0000 1")]
    [InlineData("1", "0", "dadd", true, "0100 0")]
    [InlineData("2", "1", "addd", false, "1000 0")]
    [InlineData("2", "1", "aadd", true, "0000 1")]
    [InlineData("2", "1", "aaad", true, "1110 0")]
    [InlineData("4", "1", "aaaa", true, "1111 0")] // more than all there are is all
    [InlineData("5", "0", "aaaa", false, "1111 0")] // also where it serves already, or it would come and go with each look
    [InlineData("5", "0", "aaaa", true, "1111 0")]
    [InlineData("5", "0", "aaad", false, "0000 1")]
    [InlineData("2147483647", "2147483647", "aaaa", true, "1111 0")]
    [InlineData("50%", "0", "addd", false, "0000 1")]
    [InlineData("50%", "0", "aadd", false, "1100 0")]
    [InlineData("51%", "0", "aadd", false, "0000 1")]
    [InlineData("1", "0", "AAAA", false, "0000 1")]
    public void The_sorry_group_serves_while_too_few_are_able(string quorum, string hysteresis, string servers, bool wasSorry, string weights)
    {
        var rule = Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse(quorum), Hysteresis = Quorum.Parse(hysteresis) } };
        Assert.Equal(weights, Weights(rule, servers, wasSorry));
    }

    [Theory]
    [InlineData(false, "1")]
    [InlineData(true, "1")]
    [InlineData(false, "50%")]
    [InlineData(true, "50%")]
    public void For_a_group_of_nobody_the_sorry_group_serves(bool wasSorry, string quorum)
    {
        var rule = new RuleCase
        {
            Rule = Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse(quorum) } },
            Group = Group with { Servers = [] },
            Sorry = Sorry,
            Runtime = RuleRuntime.None.WithSorry(wasSorry),
        };
        Assert.True(new Able(rule).IsSorry);
    }

    [Theory]
    [InlineData("ppaa", "0011")] // p is silent, as its counters say
    [InlineData("pppp", "1111")]
    [InlineData("ppdd", "1100")]
    [InlineData("dddd", "0000")]
    public void Servers_that_are_only_silent_serve_where_nobody_else_is_left(string servers, string weights)
    {
        var silent = new Verdict { IsAlive = false, Since = default };
        var runtime = servers.Index().Where(static server => server.Item == 'p')
            .Aggregate(Found(servers.Replace('p', '?'), false), (runtime, server) => runtime.WithPassive((uint)server.Index, silent));
        var able = new Able(new RuleCase { Rule = Rule, Group = Group, Runtime = runtime });
        Assert.Equal(weights, string.Concat(Group.Servers.Select(server => able.IsInService(server) ? '1' : '0')));
    }

    [Fact]
    public void A_server_of_both_groups_is_one_destination()
    {
        var both = Sorry with { Servers = [.. Sorry.Servers, Group.Servers[0] with { Number = 7 }] };
        var rule = new RuleCase { Rule = Rule with { Sorry = new SorryGroup { ServerGroup = "s" } }, Group = Group, Sorry = both, Runtime = Found("dddd", false) };
        var service = Assert.Single(Compiler.Compile(rule, default));
        Assert.Equal((5, 2), (service.Destinations.Count, service.Destinations.Sum(static destination => destination.Weight)));
    }

    private static RuleRuntime Found(string servers, bool wasSorry) => servers.Index().Where(static server => server.Item != '?')
        .Aggregate(RuleRuntime.None, static (runtime, server) => runtime.WithVerdict((uint)server.Index, new Verdict { IsAlive = char.ToLowerInvariant(server.Item) == 'a', Since = default })).WithSorry(wasSorry);

    private static string Weights(Rule rule, string servers, bool wasSorry = false)
    {
        var group = Group with { Servers = Group.Servers.Zip(servers, static (server, letter) => server with { Enabled = !char.IsAsciiLetterUpper(letter) }).ToValueList() };
        var service = Assert.Single(Compiler.Compile(new RuleCase { Rule = rule, Group = group, Sorry = rule.Sorry is null ? null : Sorry, Runtime = Found(servers, wasSorry) }, default));
        var weights = string.Concat(group.Servers.Select(server => service.Destinations.FirstOrDefault(destination => destination.Address.Equals(server.Address))?.Weight.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "x"));
        return rule.Sorry is null ? weights : $"{weights} {service.Destinations.Single(static destination => destination.Port == 81).Weight}";
    }
}
