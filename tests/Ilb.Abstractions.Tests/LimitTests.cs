using System.Net;

namespace Ilb.Tests;

/// <summary>What is just allowed, and what is just too much or too little.</summary>
public sealed class LimitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
    };

    private static readonly Rule V6 = Rule with { Vip = IPAddress.Parse("2001:db8::1") };

    private static readonly Rule Gue = Rule with { Topology = Topology.Tun, Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 1 } };

    private static readonly Rule Marked = Rule with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 1 } };

    private static readonly HealthCheck Check = new() { Name = "h", Test = new TcpTest() };

    private static readonly FailoverGroup Failover = new()
    {
        Name = "f",
        VirtualRouterId = 1,
        Interface = "eth0",
        Addresses = [VirtualAddress.Parse("192.0.2.1/24")],
    };

    private static readonly NodeSettings Node = new();

    private static readonly SyncSettings Sync = new() { Interface = "eth1" };

    public static TheoryData<Rule, string> Rules => new()
    {
        { Rule with { Name = new string('r', 63), Interface = "abcdefghijklmn~" }, "" },
        { Rule with { Interface = "." }, "interface InvalidArgument" },
        { Rule with { Interface = ".." }, "interface InvalidArgument" },
        { Rule with { Interface = "..." }, "" },
        { Rule with { Interface = "a b" }, "interface InvalidArgument" },
        { Rule with { Interface = "a:b" }, "interface InvalidArgument" },
        { Rule with { Interface = "a\u007f" }, "interface InvalidArgument" },
        { Rule with { Number = 0 }, "number InvalidArgument" },
        { Rule with { Number = 1 }, "" },
        { Rule with { Number = int.MaxValue }, "" },
        { Rule with { Number = int.MaxValue + 1u }, "number InvalidArgument" },
        { Marked, "" },
        { Rule with { Persistence = new Persistence { PrefixLength = 32, Timeout = Second } }, "" },
        { Rule with { Persistence = new Persistence { Timeout = TimeSpan.FromDays(31) + Second } }, "persistence.timeout InvalidArgument" },
        { Rule with { Persistence = new Persistence { PrefixLength = -1 } }, "persistence.prefix InvalidArgument" },
        { V6 with { Persistence = new Persistence { PrefixLength = 1 } }, "" },
        { V6 with { Persistence = new Persistence { PrefixLength = 129 } }, "persistence.prefix InvalidArgument" },
        { Rule with { ConnectionDrain = TimeSpan.FromDays(365) }, "" },
        { Rule with { ConnectionDrain = TimeSpan.FromDays(365) + Second }, "connDrain InvalidArgument" },
        { Rule with { ConnectionDrain = Second / 2 }, "connDrain InvalidArgument" },
        { Rule with { ConnectionDrain = TimeSpan.FromTicks(1) }, "connDrain InvalidArgument" },
        { Rule with { NatTimeout = Second }, "" },
        { Rule with { NatTimeout = TimeSpan.FromDays(24) }, "" },
        { Rule with { NatTimeout = TimeSpan.FromDays(24) + Second }, "natTimeout InvalidArgument" },
        { Rule with { NatTimeout = TimeSpan.FromDays(24) + Millisecond }, "natTimeout InvalidArgument" },
        { Rule with { NatTimeout = Second / 2 }, "natTimeout InvalidArgument" },
        { Rule with { NatTimeout = Second, Protocol = Protocol.Sctp }, "natTimeout InvalidArgument" },
        { Rule with { NatTimeout = Second, Protocol = Protocol.Udp }, "" },
        { Marked with { OnDisable = DisabledTraffic.Pass }, "onDisable InvalidArgument" },
        { Rule with { OnDisable = DisabledTraffic.Pass }, "" },
        { Rule with { SlowStart = Second }, "" },
        { Rule with { SlowStart = Day }, "" },
        { Rule with { SlowStart = Second - Millisecond }, "slowStart InvalidArgument" },
        { Marked with { OnePacket = true }, "" },
        { Rule with { Algorithm = Algorithm.MaglevHashing, HashPort = true, Fallback = true }, "" },
        { Gue, "" },
        { Gue with { Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 65535 } }, "" },
        { Gue with { Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 0 } }, "tunnel.port InvalidPort" },
        { Gue with { Tunnel = new Tunnel { Kind = (TunnelKind)9, Checksum = (TunnelChecksum)9 } }, "tunnel.kind InvalidArgument,tunnel.checksum InvalidArgument" },
        { Gue with { Tunnel = new Tunnel { Kind = TunnelKind.Gre, Port = 1 } }, "tunnel.port InvalidArgument" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = 1, Hysteresis = 0 } }, "" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = 1, Hysteresis = 1 } }, "" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = 1, Hysteresis = Quorum.Parse("0%") } }, "" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = 101, Hysteresis = 1 } }, "" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse("90%"), Hysteresis = Quorum.Parse("10%") } }, "" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse("90%"), Hysteresis = Quorum.Parse("11%") } }, "sorry.hysteresis InvalidArgument" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse("0%") } }, "sorry.quorum InvalidArgument" },
        { Rule with { Passive = new PassiveDetection { Connections = 1, Hold = Second } }, "" },
        { Rule with { Passive = new PassiveDetection { Connections = 1_000_000, Hold = Day } }, "" },
        { Rule with { Passive = new PassiveDetection { Connections = 0, Hold = TimeSpan.Zero } }, "passive.connections InvalidArgument,passive.hold InvalidArgument" },
        { Rule with { Passive = new PassiveDetection { Connections = 1_000_001, Hold = Day + Second } }, "passive.connections InvalidArgument,passive.hold InvalidArgument" },
        { Rule with { Topology = Topology.Dsr, Passive = new PassiveDetection { Connections = 1 } }, "passive InvalidArgument" },
        { Gue with { Passive = new PassiveDetection { Connections = 1 } }, "passive InvalidArgument" },
        { Rule with { Health = new RuleHealth { Check = "h", Panic = new Percentage(1), OnDead = DeadAction.Cut } }, "" },
        { Rule with { Health = new RuleHealth { Check = "h", Panic = new Percentage(99) } }, "" },
        { Rule with { Health = new RuleHealth { Check = "h", Panic = new Percentage(0) } }, "health.panic InvalidArgument" },
        { Rule with { Vip = IPAddress.Parse("223.255.255.255") }, "" },
        { Rule with { Vip = IPAddress.Parse("239.255.255.255") }, "vip InvalidAddress" },
        { Rule with { Vip = IPAddress.Parse("240.0.0.1") }, "" },
        { Rule with { Vip = IPAddress.Parse("0.255.0.1") }, "vip InvalidAddress" },
        { V6 with { Vip = IPAddress.Parse("2001:db8::1%2") }, "vip InvalidAddress" },
    };

    public static TheoryData<HealthCheck, string> HealthChecks => new()
    {
        { Check with { Count = 1, Rise = 1, Timeout = Millisecond, Fast = Millisecond }, "" },
        { Check with { Count = 1000, Rise = 1000, Timeout = Millisecond, Interval = Day, Fast = Day - Millisecond }, "" },
        { Check with { Count = 1001, Timeout = Millisecond, Interval = Day }, "count InvalidArgument" },
        { Check with { Rise = 0 }, "rise InvalidArgument" },
        { Check with { Timeout = TimeSpan.Zero }, "timeout InvalidArgument" },
        { Check with { Interval = TimeSpan.FromMilliseconds(15_001) }, "" },
        { Check with { Interval = TimeSpan.FromTicks(150_000_001) }, "interval InvalidArgument" },
        { Check with { Interval = Day + Millisecond }, "interval InvalidArgument" },
        { Check with { DefaultPing = false }, "" },
        { Check with { Test = null! }, "test HealthCheckIncomplete" },
    };

    public static TheoryData<FailoverGroup, string> FailoverGroups => new()
    {
        { Failover with { Priority = 1, Interval = TimeSpan.FromMilliseconds(10) }, "" },
        { Failover with { VirtualRouterId = 255, Priority = 254, Interval = TimeSpan.FromMilliseconds(40_950) }, "" },
        { Failover with { Interval = TimeSpan.FromTicks(100_001) }, "interval InvalidArgument" },
        { Failover with { Addresses = Enumerable.Range(1, 255).Select(static n => new VirtualAddress(new IPAddress([10, 0, 0, (byte)n]))).ToValueList() }, "" },
        { Failover with { Addresses = [], Peers = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")] }, "vips InvalidArgument" },
    };

    public static TheoryData<NodeSettings, string> Nodes => new()
    {
        { Node with { AuditInterval = Second }, "" },
        { Node with { AuditInterval = Day }, "" },
        { Node with { AuditInterval = Day + Millisecond }, "auditInterval InvalidArgument" },
        { Node with { Sync = Sync with { Id = 0, TimeToLive = 1, MaximumLength = 1, Group = IPAddress.Parse("224.0.0.1") } }, "" },
        { Node with { Sync = Sync with { Id = 255, TimeToLive = 255, MaximumLength = 65507, Port = 65535, Group = IPAddress.Parse("239.255.255.255") } }, "" },
        { Node with { Sync = Sync with { Id = -1, TimeToLive = 256, MaximumLength = 0, Port = 65536, Group = IPAddress.Parse("240.0.0.1") } }, "sync.id InvalidArgument,sync.group InvalidAddress,sync.port InvalidPort,sync.ttl InvalidArgument,sync.maxLength InvalidArgument" },
        { Node with { Sync = Sync with { Group = IPAddress.Parse("2001:db8::1") } }, "sync.group InvalidAddress" },
        { Node with { StatusPage = new StatusPage { Port = 1 } }, "" },
        { Node with { StatusPage = new StatusPage { Port = 0, Address = IPAddress.Broadcast } }, "statusPage.address InvalidAddress,statusPage.port InvalidPort" },
        { Node with { StatusPage = new StatusPage { Port = 1, Address = IPAddress.Parse("ff02::1") } }, "statusPage.address InvalidAddress" },
        { Node with { Groups = [new GroupAccess { Name = new string('a', 32), Right = AccessRight.Enable }] }, "" },
        { Node with { Groups = [new GroupAccess { Name = new string('a', 33), Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Groups = [new GroupAccess { Name = "", Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Groups = [new GroupAccess { Name = "-a", Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Groups = [new GroupAccess { Name = "a-~", Right = AccessRight.Enable }] }, "" },
        { Node with { Groups = [new GroupAccess { Name = "a b", Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Groups = [new GroupAccess { Name = "a,b", Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Groups = [new GroupAccess { Name = "a/b", Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Groups = [new GroupAccess { Name = "a\u007f", Right = AccessRight.Enable }] }, "groups[0].name InvalidName" },
        { Node with { Notify = "/a" }, "" },
        { Node with { Notify = "/a/" }, "notify InvalidArgument" },
        { Node with { Notify = "/a\0" }, "notify InvalidArgument" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_has_limits(Rule rule, string expected) => Assert.Equal(expected, Text(rule.Validate()));

    [Theory]
    [MemberData(nameof(HealthChecks))]
    public void A_health_check_has_limits(HealthCheck check, string expected) => Assert.Equal(expected, Text(check.Validate()));

    [Theory]
    [MemberData(nameof(FailoverGroups))]
    public void A_failover_group_has_limits(FailoverGroup group, string expected) => Assert.Equal(expected, Text(group.Validate()));

    [Theory]
    [MemberData(nameof(Nodes))]
    public void The_settings_of_a_machine_have_limits(NodeSettings node, string expected) => Assert.Equal(expected, Text(node.Validate()));

    [Fact]
    public void Only_algorithms_that_go_by_weights_start_slowly()
    {
        var slow = Enum.GetValues<Algorithm>().Where(static algorithm => (Rule with { SlowStart = Second, Algorithm = algorithm }).Validate().Count == 0);
        Assert.Equal(["roundrobin", "wrr", "wlc", "lblc", "lblcr", "sed", "nq", "twos"], slow.Select(static algorithm => algorithm.ToText()));
    }

    [Theory]
    [InlineData(-1L, false)]
    [InlineData(0L, true)]
    [InlineData(uint.MaxValue + 1L, true)]
    [InlineData(uint.MaxValue + 2L, false)]
    public void The_next_number_of_a_server_is_one_that_a_server_can_have_or_one_more(long next, bool isValid) =>
        Assert.Equal(isValid ? "" : "nextNumber InvalidArgument", Text(new ServerGroup { Name = "g", NextNumber = next }.Validate()));

    [Theory]
    [InlineData(0, null, null, "")]
    [InlineData(65535, 1, 1, "")]
    [InlineData(-1, 0, null, "weight InvalidArgument,maxConn InvalidArgument")]
    [InlineData(65536, 2, 0, "weight InvalidArgument,minConn InvalidArgument")]
    [InlineData(1, 2, 3, "minConn InvalidArgument")]
    public void A_server_has_limits(int weight, int? maximum, int? minimum, string expected)
    {
        var server = new Server { Address = IPAddress.Parse("10.0.0.1"), Weight = weight, MaximumConnections = maximum, MinimumConnections = minimum };
        Assert.Equal(expected, Text(server.Validate()));
    }

    [Fact]
    public void At_most_1024_ports_are_mapped_one_by_one()
    {
        Assert.Equal("", Mapped(new PortRange(1, 1024), new PortRange(2001, 3024)));
        Assert.Equal("rules[0].serverGroup PortMismatch", Mapped(new PortRange(1, 1025), new PortRange(2001, 3025)));

        static string Mapped(PortRange ports, PortRange servers)
        {
            var group = new ServerGroup { Name = "g", Servers = [new Server { Address = IPAddress.Parse("10.0.0.1"), Ports = servers }] };
            return Text(new Configuration { ServerGroups = [group.WithNumbers()], Rules = [Rule with { Ports = ports }] }.Validate());
        }
    }

    private static string Text(ValueList<IlbError> errors) => string.Join(',', errors.Select(static error => $"{error.Path} {error.Code}"));
}
