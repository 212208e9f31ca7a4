using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb.Tests;

public sealed class CompilerTests
{
    private static readonly ServerGroup Group = new ServerGroup
    {
        Name = "g",
        Servers =
        [
            new Server { Address = IPAddress.Parse("10.0.0.1") },
            new Server { Address = IPAddress.Parse("10.0.0.2"), Ports = 8080, Weight = 5, MaximumConnections = 100, MinimumConnections = 50 },
            new Server { Address = IPAddress.Parse("10.0.0.3"), Weight = 5, Enabled = false },
        ],
    }.WithNumbers();

    private static readonly Rule Rule = new() { Name = "r", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" };

    [Fact]
    public void A_rule_is_a_service_with_a_destination_for_each_server()
    {
        var service = Compile(Rule, Group)!;
        Assert.Equal("r", service.Rule);
        Assert.Equal(new IpvsService { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80), Scheduler = "wrr" }, service.Service);
        Assert.Equal(
            [
                new IpvsDestination { Address = IPAddress.Parse("10.0.0.1"), Port = 80 },
                new IpvsDestination { Address = IPAddress.Parse("10.0.0.2"), Port = 8080, Weight = 5, UpperThreshold = 100, LowerThreshold = 50 },
                new IpvsDestination { Address = IPAddress.Parse("10.0.0.3"), Port = 80, Weight = 0 },
            ],
            service.Destinations);
    }

    [Theory]
    [InlineData(Algorithm.RoundRobin, "wrr", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.HashIp, "mh", IpvsSchedulerOptions.Fallback)]
    [InlineData(Algorithm.HashIpPort, "mh", IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port)]
    [InlineData(Algorithm.HashIpVip, "mh", IpvsSchedulerOptions.Fallback)]
    [InlineData(Algorithm.WeightedRoundRobin, "wrr", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.LeastConnections, "lc", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.WeightedLeastConnections, "wlc", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.LocalityBasedLeastConnections, "lblc", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.LocalityBasedLeastConnectionsWithReplication, "lblcr", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.DestinationHashing, "dh", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.SourceHashing, "sh", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.ShortestExpectedDelay, "sed", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.NeverQueue, "nq", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.WeightedFailover, "fo", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.WeightedOverflow, "ovf", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.MaglevHashing, "mh", IpvsSchedulerOptions.None)]
    [InlineData(Algorithm.PowerOfTwoChoices, "twos", IpvsSchedulerOptions.None)]
    public void An_algorithm_is_a_scheduler(Algorithm algorithm, string scheduler, IpvsSchedulerOptions options)
    {
        var service = Compile(Rule with { Algorithm = algorithm }, Group)!.Service;
        Assert.Equal((scheduler, options), (service.Scheduler, service.SchedulerOptions));
    }

    [Theory]
    [InlineData(Topology.HalfNat, IpvsForwarding.Masquerading)]
    [InlineData(Topology.Dsr, IpvsForwarding.DirectRouting)]
    [InlineData(Topology.Tun, IpvsForwarding.Tunnel)]
    public void A_topology_is_a_forwarding_method(Topology topology, IpvsForwarding forwarding) =>
        Assert.All(Compile(Rule with { Topology = topology }, Group)!.Destinations, destination => Assert.Equal(forwarding, destination.Forwarding));

    [Theory]
    [InlineData(Protocol.Tcp, IpvsProtocol.Tcp)]
    [InlineData(Protocol.Udp, IpvsProtocol.Udp)]
    [InlineData(Protocol.Sctp, IpvsProtocol.Sctp)]
    public void A_protocol_is_the_kernels(Protocol protocol, IpvsProtocol expected) => Assert.Equal(expected, Compile(Rule with { Protocol = protocol }, Group)!.Service.Key.Protocol);

    [Theory]
    [InlineData(IpFamily.Inet, AddressFamily.InterNetwork)]
    [InlineData(IpFamily.Inet6, AddressFamily.InterNetworkV6)]
    public void A_rule_of_a_mark_is_a_service_of_the_mark_whose_servers_keep_the_port_unless_they_have_one(IpFamily family, AddressFamily expected)
    {
        var service = Compile(Rule with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 7, Family = family } }, Group)!;
        Assert.Equal(IpvsServiceKey.ForFirewallMark(7, expected), service.Service.Key);
        Assert.Equal([0, 8080, 0], service.Destinations.Select(static destination => (int)destination.Port));
    }

    [Fact]
    public void A_sticky_rule_of_all_ports_is_a_service_of_port_0_whose_servers_keep_the_port()
    {
        var group = Group with { Servers = [Group.Servers[0], Group.Servers[1] with { Ports = PortRange.All }] };
        var rule = Rule with { Ports = null, Persistence = new Ilb.Persistence() };
        Assert.Empty(Check(new Configuration { ServerGroups = [group], Rules = [rule] }));
        var service = Compile(rule, group)!;
        Assert.Equal(0, service.Service.Key.Port);
        Assert.All(service.Destinations, static destination => Assert.Equal(0, destination.Port));
    }

    [Fact]
    public void Stickiness_is_the_kernels_persistence()
    {
        var service = Compile(Rule with { Protocol = Protocol.Udp, Persistence = new Ilb.Persistence { PrefixLength = 24, Timeout = TimeSpan.FromSeconds(300), Engine = PersistenceEngine.Sip } }, Group)!.Service;
        Assert.Equal(new IpvsPersistence { Timeout = TimeSpan.FromSeconds(300), Netmask = IpvsNetmask.FromPrefixLength(24, AddressFamily.InterNetwork) }, service.Persistence);
        Assert.Equal("sip", service.PersistenceEngine);
        Assert.Equal(IpvsNetmask.Host, Compile(Rule with { Persistence = new Ilb.Persistence() }, Group)!.Service.Persistence!.Netmask);
    }

    [Theory]
    [InlineData(false, false, IpvsSchedulerOptions.None)]
    [InlineData(true, false, IpvsSchedulerOptions.Port)]
    [InlineData(false, true, IpvsSchedulerOptions.Fallback)]
    [InlineData(true, true, IpvsSchedulerOptions.Port | IpvsSchedulerOptions.Fallback)]
    public void A_hash_takes_the_port_and_falls_back_as_told(bool port, bool fallback, IpvsSchedulerOptions expected) =>
        Assert.Equal(expected, Compile(Rule with { Algorithm = Algorithm.SourceHashing, HashPort = port, Fallback = fallback }, Group)!.Service.SchedulerOptions);

    [Fact]
    public void One_packet_scheduling_is_the_kernels() => Assert.True(Compile(Rule with { Protocol = Protocol.Udp, OnePacket = true }, Group)!.Service.OnePacket);

    [Theory]
    [InlineData(TunnelKind.Ipip, null, TunnelChecksum.None, IpvsTunnelKind.Ipip, IpvsTunnelChecksum.None)]
    [InlineData(TunnelKind.Gre, null, TunnelChecksum.Full, IpvsTunnelKind.Gre, IpvsTunnelChecksum.Full)]
    [InlineData(TunnelKind.Gue, 6080, TunnelChecksum.Remote, IpvsTunnelKind.Gue, IpvsTunnelChecksum.Remote)]
    public void Each_tunnel_is_the_kernels(TunnelKind kind, int? port, TunnelChecksum checksum, IpvsTunnelKind expectedKind, IpvsTunnelChecksum expectedChecksum)
    {
        var rule = Rule with { Topology = Topology.Tun, Tunnel = new Tunnel { Kind = kind, Port = port, Checksum = checksum } };
        var expected = new IpvsTunnel { Kind = expectedKind, Port = (ushort)(port ?? 0), Checksum = expectedChecksum };
        Assert.All(Compile(rule, Group)!.Destinations, destination => Assert.Equal(expected, destination.Tunnel));
    }

    [Fact]
    public void A_disabled_rule_is_nothing() => Assert.Null(Compile(Rule with { Enabled = false }, Group));

    [Fact]
    public void What_this_version_cannot_do_is_refused_by_name()
    {
        var errors = Check(new Configuration
        {
            Rules = [Rule],
            FailoverGroups = [new FailoverGroup { Name = "f", VirtualRouterId = 51, Interface = "eth0", Addresses = [VirtualAddress.Parse("192.0.2.1")] }],
        });
        Assert.Equal(
            """
            failoverGroups[0]: failover group 'f': a failover group is not supported by this version
            """,
            string.Join('\n', errors.Select(static error => $"{error.Path}: {error.Message}")));
        Assert.All(errors, static error => Assert.Equal(IlbErrorCode.NotSupported, error.Code));
    }

    private static VirtualService? Compile(Rule rule, ServerGroup group) => Compiler.Compile(new RuleCase { Rule = rule, Group = group }, default) is [var only] ? only : null;

    private static ValueList<IlbError> Check(Configuration configuration) => Support.Check(configuration, []);
}
