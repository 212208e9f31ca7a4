using System.Net;

namespace Ilb.Tests;

/// <summary>What a rule needs beside its services.</summary>
public sealed class CompanionCompilerTests
{
    private const string Vs = "net/ipv4/vs/";

    private static readonly ServerGroup Group = new ServerGroup { Name = "g", Servers = ServerSpec.Parse("10.0.0.1") }.WithNumbers();

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
    };

    private static readonly Rule V6 = Rule with { Vip = IPAddress.Parse("2001:db8::1") };
    private static readonly Rule Marked = Rule with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 7 } };
    private static readonly Rule MarkedV6 = Marked with { FirewallMark = new FirewallMark { Mark = 7, Family = IpFamily.Inet6 } };

    public static TheoryData<Rule, string[]> Settings => new()
    {
        { Rule, ["net/ipv4/ip_forward=1", "net/ipv4/conf/*/send_redirects=0"] },
        { Marked, ["net/ipv4/ip_forward=1", "net/ipv4/conf/*/send_redirects=0"] },
        { V6, ["net/ipv6/conf/all/forwarding=1"] },
        { MarkedV6, ["net/ipv6/conf/all/forwarding=1"] },
        { Rule with { Topology = Topology.Nat, Number = 3, ProxySource = AddressSpan.Parse("10.0.0.9") }, [$"{Vs}conntrack=1", "net/ipv4/ip_forward=1"] },
        { Rule with { Topology = Topology.Dsr }, [$"{Vs}conn_reuse_mode=3"] },
        { Rule with { Topology = Topology.Tun }, [$"{Vs}conn_reuse_mode=3"] },
        { Rule with { Topology = Topology.Dsr, Protocol = Protocol.Sctp }, [] },
        { Rule with { Topology = Topology.Tun, Protocol = Protocol.Udp }, [$"{Vs}expire_nodest_conn=1"] },
        { Marked with { Topology = Topology.Dsr, Protocol = Protocol.Udp }, [$"{Vs}conn_reuse_mode=3", $"{Vs}expire_nodest_conn=1"] },
        { Rule with { Topology = Topology.Dsr, Persistence = new Persistence() }, [$"{Vs}expire_quiescent_template=1", $"{Vs}conn_reuse_mode=3", $"{Vs}expire_nodest_conn=1"] },
        { Rule with { Topology = Topology.Dsr, Protocol = Protocol.Sctp, Persistence = new Persistence() }, [$"{Vs}expire_quiescent_template=1"] },
        { Rule with { Topology = Topology.Dsr, ConnectionDrain = TimeSpan.FromSeconds(9) }, [$"{Vs}conn_reuse_mode=3", $"{Vs}expire_nodest_conn=1"] },
        { Rule with { Enabled = false }, [] },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Each_kind_of_rule_has_its_settings_of_the_kernel(Rule rule, string[] expected) =>
        Assert.Equal(expected, Compile(rule).OfType<KernelSetting>().Select(static setting => $"{setting.Path}={setting.Value}"));

    [Fact]
    public void No_rule_needs_nothing() => Assert.Empty(CompanionCompiler.Compile(null));

    [Fact]
    public void An_idle_time_is_that_of_the_protocol_and_for_a_mark_also_that_of_UDP()
    {
        Assert.Empty(Compile(Rule).OfType<IdleTimeout>());
        var timed = TimeSpan.FromSeconds(9);
        Assert.Equal([(Protocol.Udp, timed)], Times(Rule with { Protocol = Protocol.Udp, NatTimeout = timed }));
        Assert.Equal([(Protocol.Tcp, timed)], Times(Rule with { NatTimeout = timed }));
        Assert.Equal([(Protocol.Tcp, timed), (Protocol.Udp, timed)], Times(Marked with { NatTimeout = timed }));

        static IEnumerable<(Protocol, TimeSpan)> Times(Rule rule) => Compile(rule).OfType<IdleTimeout>().Select(static timeout => (timeout.Protocol, timeout.Value));
    }

    [Fact]
    public void A_vip_is_put_on_the_interface_of_the_rule_by_its_name_on_this_machine()
    {
        var node = new NodeSettings { Interfaces = [new InterfaceName { Name = "front", Local = "ens3" }] };
        Assert.Empty(Compile(Rule, node).OfType<OwnedAddress>());
        Assert.Equal(("ens3", IPAddress.Parse("192.0.2.1")), Address(Rule with { Interface = "front" }, node));
        Assert.Equal(("eth0", IPAddress.Parse("192.0.2.1")), Address(Rule with { Interface = "eth0" }, node));

        static (string, IPAddress) Address(Rule rule, NodeSettings node)
        {
            var address = Assert.Single(Compile(rule, node).OfType<OwnedAddress>());
            return (address.Interface, address.Address);
        }
    }

    [Fact]
    public void Many_ports_are_marked_and_NAT_is_translated_with_what_the_rule_says()
    {
        var many = Compile(Rule with { Ports = new PortRange(80, 90), Number = 3, Topology = Topology.Dsr });
        var mark = Assert.Single(many.OfType<PacketMark>());
        Assert.Equal((3u, 0x30000u, 0xffff0000u, new PortRange(80, 90)), (mark.Number, mark.Mark, mark.Mask, mark.Ports));
        Assert.Equal(0xffff0000u, Assert.Single(many.OfType<MarkChains>()).Mask);
        Assert.Equal(PortRange.All, Assert.Single(Compile(Rule with { Ports = null, Number = 3, Topology = Topology.Dsr }).OfType<PacketMark>()).Ports);
        var nat = Rule with { Topology = Topology.Nat, Number = 3, ProxySource = AddressSpan.Parse("10.0.0.9") };
        var translation = Assert.Single(Compile(nat).OfType<SourceTranslation>());
        Assert.Equal((3u, 0u, new PortRange(80, 80), nat.ProxySource), (translation.Number, translation.Mark, translation.Ports, translation.Sources));
        Assert.Single(Compile(nat).OfType<SourceChains>());
        var marked = Assert.Single(Compile(nat with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 7 } }).OfType<SourceTranslation>());
        Assert.Equal((null, 7u, PortRange.All), (marked.Address, marked.Mark, marked.Ports));
    }

    [Fact]
    public void The_mask_of_a_mark_spans_its_bits_and_the_fixed_ones()
    {
        var node = new NodeSettings { Marks = new MarkSettings { Mask = 0xff0, Base = 0x1000_0000 } };
        var mark = Assert.Single(Compile(Rule with { Ports = new PortRange(80, 90), Number = 3, Topology = Topology.Dsr }, node).OfType<PacketMark>());
        Assert.Equal((0x1000_0030u, 0x1000_0ff0u), (mark.Mark, mark.Mask));
    }

    [Fact]
    public void Connections_that_are_left_need_what_is_shared_but_no_marks_and_no_translation_of_their_own()
    {
        var rule = Rule with { Ports = new PortRange(80, 90), Number = 3, Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.9"), Interface = "eth0" };
        Assert.Equal(
            ["translating", $"setting {Vs}conntrack", "setting net/ipv4/ip_forward", "address 192.0.2.1 eth0"],
            CompanionCompiler.CompileLeaving(rule, new NodeSettings()).Select(static companion => companion.Id));
    }

    private static IReadOnlyList<Companion> Compile(Rule rule, NodeSettings? node = null) =>
        CompanionCompiler.Compile(new RuleCase { Rule = rule, Group = Group, Node = node ?? new NodeSettings() });
}
