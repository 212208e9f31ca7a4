using System.Net;

namespace Ilb.Tests;

public sealed class SetTests
{
    private static readonly Rule Rule = new() { Name = "r", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g", Health = new RuleHealth { Check = "h" } };

    private static readonly Configuration Site = new()
    {
        ServerGroups = [new ServerGroup { Name = "g", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2"), NextNumber = 5 }.WithNumbers(), new ServerGroup { Name = "s", Servers = ServerSpec.Parse("10.0.0.9") }.WithNumbers()],
        HealthChecks = [new HealthCheck { Name = "h", Test = new TcpTest(), Fast = TimeSpan.FromSeconds(1) }],
        Rules = [Rule, Rule with { Name = "other", Ports = 81 }],
    };

    public static TheoryData<SetRule, Rule> Rules => new()
    {
        { new SetRule { Name = "r" }, Rule },
        { new SetRule { Name = "r", Vip = IPAddress.Parse("192.0.2.9"), Ports = 82, Algorithm = Algorithm.SourceHashing, Fallback = true, HashPort = true }, Rule with { Vip = IPAddress.Parse("192.0.2.9"), Ports = 82, Algorithm = Algorithm.SourceHashing, Fallback = true, HashPort = true } },
        { new SetRule { Name = "r", Reset = ["health"], Protocol = Protocol.Udp, OnePacket = true }, Rule with { Health = null, Protocol = Protocol.Udp, OnePacket = true } },
        { new SetRule { Name = "r", Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.7") }, Rule with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.7"), Number = 1 } },
        { new SetRule { Name = "r", Topology = Topology.Tun, Tunnel = new Tunnel { Kind = TunnelKind.Gre } }, Rule with { Topology = Topology.Tun, Tunnel = new Tunnel { Kind = TunnelKind.Gre } } },
        { new SetRule { Name = "r", Reset = ["vip", "ports"], FirewallMark = new FirewallMark { Mark = 1 }, Health = new RuleHealth { Check = "h", Port = 80 } }, Rule with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 1 }, Health = new RuleHealth { Check = "h", Port = 80 } } },
        { new SetRule { Name = "r", Interface = "eth0", Persistence = new Persistence(), ConnectionDrain = TimeSpan.FromSeconds(9), NatTimeout = TimeSpan.FromSeconds(8), SlowStart = TimeSpan.FromSeconds(7), OnDisable = DisabledTraffic.Pass }, Rule with { Interface = "eth0", Persistence = new Persistence(), ConnectionDrain = TimeSpan.FromSeconds(9), NatTimeout = TimeSpan.FromSeconds(8), SlowStart = TimeSpan.FromSeconds(7), OnDisable = DisabledTraffic.Pass, Number = 1 } },
        { new SetRule { Name = "r", ServerGroup = "s", Sorry = new SorryGroup { ServerGroup = "g" } }, Rule with { ServerGroup = "s", Sorry = new SorryGroup { ServerGroup = "g" } } },
    };

    public static TheoryData<Change, string> Refusals => new()
    {
        { new SetRule { Name = "x" }, "name NoSuchRule" },
        { new SetRule { Name = "r", Reset = ["name", "health"] }, "reset[0] InvalidArgument" },
        { new SetRule { Name = "r", Ports = 81 }, "vip RuleOverlaps" },
        { new SetRule { Name = "r", Topology = Topology.Nat, ServerGroup = "x" }, "proxySrc InvalidArgument,serverGroup NoSuchServerGroup" },
        { new SetRule { Name = "r", Protocol = Protocol.Udp }, "health.check HealthCheckMismatch" },
        { new SetHealthCheck { Name = "x" }, "name NotFound" },
        { new SetHealthCheck { Name = "h", Count = 6 }, "interval InvalidArgument" },
        { new SetHealthCheck { Name = "h", Test = new SctpTest() }, "test.health.check HealthCheckMismatch,test.health.check HealthCheckMismatch" },
        { new SetServers { Weight = 1 }, "servers InvalidArgument" },
        { new SetServers { ServerGroup = "g", Servers = [ServerId.Parse("_g.5")] }, "servers InvalidArgument" },
        { new SetServers { ServerGroup = "x" }, "serverGroup NoSuchServerGroup" },
        { new SetServers { Servers = [ServerId.Parse("_g.0"), ServerId.Parse("_x.0")] }, "servers NoSuchServer,servers NoSuchServer" },
        { new SetServers { Servers = [ServerId.Parse("_g.5")], Weight = -1, MinimumConnections = 1 }, "weight InvalidArgument,minConn InvalidArgument" },
        { new ReplaceAll { Configuration = Site with { ServerGroups = [] } }, "configuration.rules[0].serverGroup NoSuchServerGroup,configuration.rules[1].serverGroup NoSuchServerGroup" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Of_a_rule_only_what_is_given_changes(SetRule change, Rule expected)
    {
        var site = change.ApplyTo(Site);
        Assert.Equal(Site with { Rules = [expected, Site.Rules[1]] }, site);
        Assert.Empty(site.Validate());
        Assert.Equal([change], IlbJson.DeserializeChanges(IlbJson.Serialize([change])));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_change_between_two_rules_makes_one_of_the_other(SetRule change, Rule expected)
    {
        Assert.NotNull(change);
        Assert.Equal(Site with { Rules = [expected, Site.Rules[1]] }, SetRule.Between(Rule, expected).ApplyTo(Site));
        var other = Site with { Rules = [expected, Site.Rules[1]] };
        Assert.Equal(Site, SetRule.Between(expected, Rule).ApplyTo(other));
        Assert.Equal(new SetRule { Name = "r" }, SetRule.Between(Rule, Rule));
    }

    [Fact]
    public void The_change_between_two_health_checks_makes_one_of_the_other()
    {
        var old = Site.HealthChecks[0];
        var next = old with { Test = new TcpTest { Send = "x" }, Timeout = TimeSpan.FromSeconds(2), Count = 4, Interval = TimeSpan.FromSeconds(20), Rise = 2, Fast = null, DefaultPing = false };
        Assert.Equal(next, SetHealthCheck.Between(old, next).ApplyTo(Site).HealthChecks[0]);
        Assert.Equal(Site, SetHealthCheck.Between(next, old).ApplyTo(Site with { HealthChecks = [next] }));
        Assert.Equal(new SetHealthCheck { Name = "h" }, SetHealthCheck.Between(old, old));
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_refused_change_says_all_that_is_wrong(Change change, string expected)
    {
        var refused = Assert.Throws<IlbException>(() => change.ApplyTo(Site));
        Assert.Equal(expected, string.Join(',', refused.Errors.Select(static error => $"{error.Path} {error.Code}")));
        Assert.Equal([change], IlbJson.DeserializeChanges(IlbJson.Serialize([change])));
    }

    [Theory]
    [InlineData("vip")]
    [InlineData("protocol")]
    [InlineData("ports")]
    [InlineData("fwmark")]
    [InlineData("interface")]
    [InlineData("algorithm")]
    [InlineData("proxySrc")]
    [InlineData("persistence")]
    [InlineData("hashPort")]
    [InlineData("fallback")]
    [InlineData("ops")]
    [InlineData("tunnel")]
    [InlineData("health")]
    [InlineData("connDrain")]
    [InlineData("natTimeout")]
    [InlineData("slowStart")]
    [InlineData("onDisable")]
    [InlineData("sorry")]
    public void Each_member_with_a_default_can_go_back_to_it(string member)
    {
        var change = new SetRule { Name = "r", Reset = [member] };
        try
        {
            Assert.NotNull(change.ApplyTo(Site));
        }
        catch (IlbException e)
        {
            Assert.DoesNotContain(e.Errors, static error => error.Path.StartsWith("reset", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Of_a_health_check_only_what_is_given_changes()
    {
        var old = Site.HealthChecks[0];
        Assert.Equal(Site, new SetHealthCheck { Name = "h" }.ApplyTo(Site));
        Assert.Equal(old with { Fast = null, Rise = 2 }, new SetHealthCheck { Name = "h", Fast = TimeSpan.Zero, Rise = 2 }.ApplyTo(Site).HealthChecks[0]);
        var change = new SetHealthCheck { Name = "h", Test = new HttpTest { Path = "/x" }, Timeout = TimeSpan.FromSeconds(1), Count = 2, Interval = TimeSpan.FromSeconds(3), DefaultPing = false };
        Assert.Equal(old with { Test = change.Test!, Timeout = TimeSpan.FromSeconds(1), Count = 2, Interval = TimeSpan.FromSeconds(3), DefaultPing = false }, change.ApplyTo(Site).HealthChecks[0]);
        Assert.Equal([change], IlbJson.DeserializeChanges(IlbJson.Serialize([change])));
    }

    [Fact]
    public void Of_servers_only_what_is_given_changes()
    {
        var site = new SetServers { ServerGroup = "g", Weight = 7, MaximumConnections = 9 }.ApplyTo(Site);
        Assert.All(site.ServerGroups[0].Servers, static server => Assert.Equal((7, 9, null), (server.Weight, server.MaximumConnections, server.MinimumConnections)));
        site = new SetServers { Servers = [ServerId.Parse("_g.6")], MinimumConnections = 3 }.ApplyTo(site);
        Assert.Equal([null, 3], site.ServerGroups[0].Servers.Select(static server => server.MinimumConnections));
        site = new SetServers { ServerGroup = "g", Weight = 1, MaximumConnections = 0 }.ApplyTo(site);
        Assert.Equal(Site, site);
    }

    [Fact]
    public void The_whole_is_replaced_and_numbers_never_go_back()
    {
        var change = new ReplaceAll { Configuration = new Configuration { ServerGroups = [new ServerGroup { Name = "g", Servers = ServerSpec.Parse("web.example") }] } };
        Assert.Equal(["web.example"], change.Hosts);
        var resolved = change.Resolve(Site, new Dictionary<string, ValueList<IPAddress>> { ["web.example"] = [IPAddress.Parse("10.0.0.4")] });
        var group = Assert.Single(resolved.ApplyTo(Site).ServerGroups);
        Assert.Equal((7u, "10.0.0.4", 8L), (group.Servers[0].Number!.Value, group.Servers[0].Address!.ToString(), group.NextNumber));
        Assert.Equal(resolved.ApplyTo(Site), resolved.ApplyTo(Site));
        Assert.Equal([resolved], IlbJson.DeserializeChanges(IlbJson.Serialize([resolved])));
        Assert.Equal(Site, new ReplaceAll { Configuration = Site }.ApplyTo(Site));
    }
}
