using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;

namespace Ilb.Tests;

/// <summary>Which hidden services lead the probes of servers, and by which marks.</summary>
public sealed class ProbeWaysTests
{
    private static readonly MarkSettings Marks = new();
    private static readonly Dictionary<IPAddress, ProbeRoute> Routes = new() { [Address(1)] = new ProbeRoute { Interface = "eth1", Source = Address(254) } };

    [Fact]
    public void Rules_that_reach_a_server_in_the_same_way_share_its_service_until_the_last_is_gone()
    {
        var one = With(ProbeWays.None, ("a", [Way(1), Way(2)]));
        Assert.Equal(["FWM 2147418112: 10.0.0.1:0", "FWM 2147352576: 10.0.0.2:0"], Services(one));
        var two = With(one.After, ("b", [Way(2), Way(1, IpvsForwarding.Tunnel)]));
        Assert.Equal(["FWM 2147352576: 10.0.0.2:0", "FWM 2147287040: 10.0.0.1:0"], Services(two));
        Assert.Equal(3, two.After.Count);
        var three = With(two.After, ("a", []));
        Assert.Equal(["-FWM 2147418112", "FWM 2147352576: 10.0.0.2:0"], Services(three));
        Assert.Equal(0, With(three.After, ("b", [])).After.Count);
        Assert.Same(two.After, With(two.After, ("b", [Way(2), Way(1, IpvsForwarding.Tunnel)])).After);
    }

    [Fact]
    public void A_service_has_the_one_server_at_any_port_and_forgets_datagrams()
    {
        var service = With(ProbeWays.None, ("a", [Way(1)])).After.ServiceOf(Way(1))!;
        Assert.Equal((true, true, "a"), (service.IsProbe, service.Service.OnePacket, service.Rule));
        Assert.Equal([new IpvsDestination { Address = Address(1), Port = 0, Forwarding = IpvsForwarding.DirectRouting }], service.Destinations);
    }

    [Fact]
    public void A_mark_that_was_given_back_is_used_again_as_late_as_can_be_and_one_in_use_never_changes()
    {
        var marks = new MarkSettings { Mask = 0xf0 };
        var ways = With(ProbeWays.None, marks, ("kept", [Way(1)])).After;
        var kept = ways.Find(Way(1))!.Mark;
        List<uint> given = [];
        for (byte i = 10; i < 30; i++)
        {
            ways = With(ways, marks, ("passing", [Way(i)])).After;
            given.Add(ways.Find(Way(i))!.Mark);
            Assert.Equal(kept, ways.Find(Way(1))!.Mark);
        }

        Assert.Equal(0xf0u, kept);
        Assert.Equal([0xe0, 0xd0, 0xc0, 0xb0, 0xa0, 0x90, 0x80, 0x70, 0x60, 0x50, 0x40, 0x30, 0x20, 0x10, 0xe0, 0xd0, 0xc0, 0xb0, 0xa0, 0x90], given);
    }

    [Fact]
    public void A_rule_takes_its_mark_and_the_way_gets_another()
    {
        var before = With(ProbeWays.None, ("a", [Way(1)])).After;
        var key = IpvsServiceKey.ForFirewallMark(before.Find(Way(1))!.Mark);
        var change = before.With([("b", [Way(2)])], Marks, Routes, [key], taken => taken == key);
        Assert.Equal(["a", "b"], change.Rules.Order());
        Assert.NotEqual(key, change.After.ServiceOf(Way(1))!.Service.Key);
        // What is in the rule's own difference stays.
        var own = new VirtualService { Rule = "own", Service = new IpvsService { Key = key }, Destinations = [] };
        var difference = new Dictionary<IpvsServiceKey, VirtualService?> { [key] = own };
        change.AddTo(difference);
        Assert.Equal(own, difference[key]);
        Assert.Equal(3, difference.Count);
        // In the other family it is another service.
        Assert.Empty(before.With([], Marks, Routes, [IpvsServiceKey.ForFirewallMark(key.FirewallMark, System.Net.Sockets.AddressFamily.InterNetworkV6)], static _ => false).Rules);
    }

    [Fact]
    public void Where_no_mark_is_left_there_is_no_way_and_it_is_told()
    {
        var marks = new MarkSettings { Mask = 1, Base = 4 };
        var change = With(ProbeWays.None, marks, ("a", [Way(1), Way(2)]));
        Assert.True(change.IsShort);
        Assert.Equal((5u, null), (change.After.Find(Way(1))!.Mark, change.After.Find(Way(2))));
        Assert.Equal(0, With(change.After, marks, ("a", [])).After.Count);
    }

    [Fact]
    public void Only_checks_over_the_network_where_packets_arrive_as_the_clients_take_a_way()
    {
        var servers = ServerSpec.Parse("10.0.0.1-10.0.0.3");
        var group = new ServerGroup { Name = "g", Servers = [servers[0], servers[1] with { Enabled = false }, servers[2] with { Ports = 80 }, servers[2] with { Ports = 81 }] }.WithNumbers();
        var rule = new RuleCase
        {
            Rule = new Rule { Name = "r", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.Dsr, ServerGroup = "g", Health = new RuleHealth { Check = "h" } },
            Group = group,
            Check = new HealthCheck { Name = "h", Test = new TcpTest() },
        };
        Assert.Equal([Way(1), Way(3)], ProbeWay.Of(rule));
        Assert.Equal([Way(1, IpvsForwarding.Tunnel), Way(3, IpvsForwarding.Tunnel)], ProbeWay.Of(rule with { Rule = rule.Rule with { Topology = Topology.Tun } }));
        Assert.Empty(ProbeWay.Of(null));
        foreach (var other in (Rule[])[rule.Rule with { Enabled = false }, rule.Rule with { Vip = null }, rule.Rule with { Topology = Topology.HalfNat }, rule.Rule with { Health = null }])
            Assert.Empty(ProbeWay.Of(rule with { Rule = other }));
        foreach (var test in (HealthTest[])[new PingTest(), new ScriptTest { Path = "/bin/true" }, new ProductTest { Probe = "p" }])
            Assert.Empty(ProbeWay.Of(rule with { Check = rule.Check with { Test = test } }));
    }

    [Fact]
    public void Rules_with_a_way_are_known_and_a_service_bears_the_name_of_the_first()
    {
        var ways = With(ProbeWays.None, ("b", [Way(1)]), ("a", [Way(1)])).After;
        Assert.Equal((true, true, false), (ways.Has("a"), ways.Has("b"), ways.Has("c")));
        Assert.Equal(["a", "b"], ways.Rules.Order());
        Assert.Equal([Way(1)], ways.All);
        Assert.Equal("a", ways.ServiceOf(Way(1))!.Rule);
        Assert.Null(ways.ServiceOf(Way(2)));
        Assert.False(With(ways, ("a", [])).After.Has("a"));
    }

    [Fact]
    public void A_setting_is_needed_once_and_not_for_this_machine_itself_nor_for_IPv6()
    {
        var v6 = new ProbeWay { Server = IPAddress.Parse("2001:db8::1"), Forwarding = IpvsForwarding.DirectRouting };
        var routes = new Dictionary<IPAddress, ProbeRoute>
        {
            [Address(1)] = new() { Interface = "eth1" },
            [Address(2)] = new() { Interface = "eth1" },
            [Address(3)] = new() { Interface = "lo" },
            [v6.Server] = new() { Interface = "eth6" },
        };
        var ways = ProbeWays.None.With([("a", [Way(1), Way(2), Way(3), v6])], Marks, routes, [], static _ => false).After;
        Assert.Equal(["setting net/ipv4/conf/eth1/accept_local"], ways.SettingsOf("a").Select(static companion => companion.Id));
        Assert.Equal("1", Assert.IsType<KernelSetting>(ways.SettingsOf("a")[0]).Value);
        Assert.Same(ways, ways.With(routes).After);
    }

    [Fact]
    public void A_mark_that_a_rule_has_is_not_given_to_a_way()
    {
        var taken = IpvsServiceKey.ForFirewallMark(0xf0);
        var ways = ProbeWays.None.With([("a", [Way(1)])], new MarkSettings { Mask = 0xf0 }, Routes, [], key => key == taken).After;
        Assert.Equal(0xe0u, ways.Find(Way(1))!.Mark);
    }

    [Fact]
    public void Marks_that_ipvsadm_shows_as_negative_come_last()
    {
        Assert.Equal(0x7fff_0000u, First(0xffff_0000, 0));
        Assert.Equal(0x8000_0000u, First(0x8000_0000, 0));
        Assert.Equal(0x8fff_0000u, First(0x0fff_0000, 0x8000_0000));
        Assert.Equal(0x7000_0000u, First(0x7000_0000, 0));

        static uint First(uint mask, uint @base) => With(ProbeWays.None, new MarkSettings { Mask = mask, Base = @base }, ("a", [Way(1)])).After.Find(Way(1))!.Mark;
    }

    [Fact]
    public void The_setting_follows_the_route()
    {
        var before = With(ProbeWays.None, ("a", [Way(1)]), ("b", [Way(2)])).After;
        Assert.Equal(["setting net/ipv4/conf/eth1/accept_local"], before.SettingsOf("a").Select(static companion => companion.Id));
        Assert.Empty(before.SettingsOf("b"));
        var change = before.With(new Dictionary<IPAddress, ProbeRoute> { [Address(1)] = new() { Interface = "eth0.7" }, [Address(2)] = ProbeRoute.None });
        Assert.Equal(["a"], change.Rules);
        var touched = new HashSet<string>();
        var wanted = change.AddTo(WantedCompanions.None.With("a", [], before.SettingsOf("a"), touched), touched);
        Assert.Equal(["setting net/ipv4/conf/eth0.7/accept_local"], wanted.Ids);
        Assert.Equal(2, touched.Count);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.254")]
    [InlineData("10.9.0.1", "10.9.0.254")]
    [InlineData("192.0.2.1", "10.0.0.254")]
    [InlineData("2001:db8::1", "2001:db8::fe")]
    public void Of_the_addresses_of_an_interface_one_of_the_servers_network_that_is_no_VIP_is_the_source(string server, string source)
    {
        InterfaceAddressState[] addresses =
        [
            State(3, "10.0.0.100", 32), State(3, "10.0.0.253", 24, InterfaceAddressStates.Secondary), State(3, "10.0.0.254", 24), State(3, "10.9.0.254", 16, InterfaceAddressStates.Secondary), State(4, "10.0.0.9", 24),
            State(3, "fe80::1", 64), State(3, "2001:db8::100", 128), State(3, "2001:db8::5", 64, InterfaceAddressStates.Tentative), State(3, "2001:db8::fe", 64),
        ];
        var vips = new HashSet<IPAddress> { IPAddress.Parse("10.0.0.100"), IPAddress.Parse("2001:db8::100") };
        Assert.Equal(IPAddress.Parse(source), OwnAddress.Choose(addresses, 3, IPAddress.Parse(server), vips));
        Assert.Null(OwnAddress.Choose(addresses, 5, IPAddress.Parse(server), vips));
    }

    private static InterfaceAddressState State(int link, string address, int prefix, InterfaceAddressStates states = InterfaceAddressStates.None) =>
        new() { LinkIndex = link, Address = IPAddress.Parse(address), PrefixLength = prefix, States = states };

    private static IPAddress Address(byte last) => new([10, 0, 0, last]);

    private static ProbeWay Way(byte server, IpvsForwarding forwarding = IpvsForwarding.DirectRouting) => new() { Server = Address(server), Forwarding = forwarding };

    private static ProbeChange With(ProbeWays ways, params (string Rule, IReadOnlyList<ProbeWay> Ways)[] rules) => With(ways, Marks, rules);

    private static ProbeChange With(ProbeWays ways, MarkSettings marks, params (string Rule, IReadOnlyList<ProbeWay> Ways)[] rules) => ways.With(rules, marks, Routes, [], static _ => false);

    private static string[] Services(ProbeChange change)
    {
        var difference = new Dictionary<IpvsServiceKey, VirtualService?>();
        change.AddTo(difference);
        return [.. difference.OrderByDescending(static pair => pair.Key.FirewallMark).Select(static pair => pair.Value is { } service ? $"{pair.Key}: {service.Destinations[0]}" : $"-{pair.Key}")];
    }
}
