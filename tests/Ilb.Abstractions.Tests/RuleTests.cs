using System.Net;
using FsCheck.Xunit;

namespace Ilb.Tests;

public sealed class RuleTests
{
    private static readonly Rule Rule = new() { Name = "r", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" };

    private static readonly Rule Nat = Rule with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.5-10.0.0.14") };

    private static readonly Rule Udp = Rule with { Protocol = Protocol.Udp };

    private static readonly Rule Marked = Rule with { Vip = null, Ports = null, FirewallMark = new FirewallMark { Mark = 7 } };

    private static readonly Rule V6 = Rule with { Vip = IPAddress.Parse("2001:db8::1"), ServerGroup = "g6" };

    private static readonly Rule Tun = Rule with { Topology = Topology.Tun };

    public static TheoryData<Rule> Valid =>
    [
        Rule, Nat, Marked, Marked with { FirewallMark = new FirewallMark { Mark = uint.MaxValue, Family = IpFamily.Inet6 }, ServerGroup = "g6" },
        Rule with { Interface = "eth0.100" },
        Rule with { Persistence = new Persistence() }, Rule with { Persistence = new Persistence { PrefixLength = 0, Timeout = TimeSpan.FromDays(31) } }, V6 with { Persistence = new Persistence { PrefixLength = 128 } },
        Udp with { Persistence = new Persistence { Engine = PersistenceEngine.Sip }, OnePacket = true },
        Rule with { Algorithm = Algorithm.SourceHashing, HashPort = true, Fallback = true },
        Rule with { ConnectionDrain = TimeSpan.FromSeconds(30), NatTimeout = TimeSpan.FromMinutes(2), SlowStart = TimeSpan.FromSeconds(10), OnDisable = DisabledTraffic.Pass },
        Tun with { Tunnel = new Tunnel() }, Tun with { Tunnel = new Tunnel { Kind = TunnelKind.Gre, Checksum = TunnelChecksum.Full } },
        Tun with { Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 6080, Checksum = TunnelChecksum.Remote } },
        Rule with { Sorry = new SorryGroup { ServerGroup = "s" } }, Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse("50%"), Hysteresis = Quorum.Parse("10%") } },
        Rule with { Ports = new PortRange(80, 90), Persistence = new Persistence(), Algorithm = Algorithm.HashIp, ServerGroup = "one" },
    ];

    public static TheoryData<Rule, string> Refusals => new()
    {
        { Nat with { ProxySource = null }, "proxySrc InvalidArgument" },
        { Rule with { ProxySource = Nat.ProxySource }, "proxySrc InvalidArgument" },
        { Nat with { ProxySource = AddressSpan.Parse("10.0.0.5-10.0.0.15") }, "proxySrc InvalidArgument" },
        { Nat with { ProxySource = AddressSpan.Parse("2001:db8::5") }, "proxySrc FamilyMismatch" },
        { Nat with { ProxySource = AddressSpan.Parse("127.0.0.1") }, "proxySrc InvalidAddress" },
        { Nat with { ProxySource = AddressSpan.Parse("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") }, "proxySrc InvalidAddress,proxySrc InvalidAddress,proxySrc InvalidArgument,proxySrc FamilyMismatch" },
        { Rule with { Persistence = new Persistence { PrefixLength = 33 } }, "persistence.prefix InvalidArgument" },
        { V6 with { Persistence = new Persistence { PrefixLength = 0 } }, "persistence.prefix InvalidArgument" },
        { Rule with { Persistence = new Persistence { Timeout = TimeSpan.Zero } }, "persistence.timeout InvalidArgument" },
        { Rule with { Persistence = new Persistence { Timeout = TimeSpan.FromMilliseconds(1500) } }, "persistence.timeout InvalidArgument" },
        { Rule with { Persistence = new Persistence { Engine = PersistenceEngine.Sip } }, "persistence.engine InvalidArgument" },
        { Rule with { ConnectionDrain = TimeSpan.FromSeconds(-1), NatTimeout = TimeSpan.Zero, SlowStart = TimeSpan.FromDays(2), OnDisable = (DisabledTraffic)9 }, "connDrain InvalidArgument,natTimeout InvalidArgument,onDisable InvalidArgument,slowStart InvalidArgument" },
        { Rule with { SlowStart = TimeSpan.FromSeconds(1), Algorithm = Algorithm.HashIp }, "slowStart InvalidArgument" },
        { Rule with { HashPort = true, Fallback = true, OnePacket = true }, "hashPort InvalidArgument,fallback InvalidArgument,ops InvalidArgument" },
        { Rule with { Tunnel = new Tunnel() }, "tunnel InvalidArgument" },
        { Tun with { Tunnel = new Tunnel { Port = 1, Checksum = TunnelChecksum.Full } }, "tunnel.port InvalidArgument,tunnel.checksum InvalidArgument" },
        { Tun with { Tunnel = new Tunnel { Kind = TunnelKind.Gue } }, "tunnel.port InvalidArgument" },
        { Tun with { Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 65536 } }, "tunnel.port InvalidPort" },
        { Tun with { Tunnel = new Tunnel { Kind = TunnelKind.Gre, Checksum = TunnelChecksum.Remote } }, "tunnel.checksum InvalidArgument" },
        { Rule with { Interface = "a/b" }, "interface InvalidArgument" },
        { Rule with { Interface = "abcdefghijklmnop" }, "interface InvalidArgument" },
        { Rule with { FirewallMark = new FirewallMark { Mark = 7 } }, "fwmark InvalidArgument" },
        { Marked with { Protocol = Protocol.Udp }, "fwmark InvalidArgument" },
        { Marked with { Interface = "eth0" }, "fwmark InvalidArgument" },
        { Marked with { FirewallMark = new FirewallMark { Mark = 0, Family = (IpFamily)9 } }, "fwmark.family InvalidArgument,fwmark.mark InvalidArgument" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "" } }, "sorry.serverGroup NoSuchServerGroup" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "g", Quorum = 0 } }, "sorry.serverGroup InvalidArgument,sorry.quorum InvalidArgument" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = Quorum.Parse("95%"), Hysteresis = Quorum.Parse("10%") } }, "sorry.hysteresis InvalidArgument" },
        { Rule with { Sorry = new SorryGroup { ServerGroup = "s", Quorum = 3, Hysteresis = Quorum.Parse("10%") } }, "sorry.hysteresis InvalidArgument" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void All_that_is_wrong_is_told(Rule rule, string expected) => Assert.Equal(expected, string.Join(',', rule.Validate().Select(static error => $"{error.Path} {error.Code}")));

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_rule_survives_its_JSON_and_fits_the_schema(Rule rule)
    {
        var site = new CreateRule { Rule = rule }.ApplyTo(Site([]));
        Assert.Empty(site.Validate());
        var json = IlbJson.Serialize(site);
        Assert.Equal(site, IlbJson.DeserializeConfiguration(json));
        Assert.Empty(JsonSchema.Load().Check(json));
    }

    [Fact]
    public void Rules_and_groups_must_match()
    {
        Assert.Equal("sorry.serverGroup NoSuchServerGroup", Create(Rule with { Sorry = new SorryGroup { ServerGroup = "x" } }));
        Assert.Equal("sorry.serverGroup ServerGroupEmpty", Create(Rule with { Sorry = new SorryGroup { ServerGroup = "empty" } }));
        Assert.Equal("sorry.serverGroup FamilyMismatch", Create(Rule with { Sorry = new SorryGroup { ServerGroup = "g6" } }));
        Assert.Equal("serverGroup FamilyMismatch", Create(Marked with { ServerGroup = "g6" }));
        Assert.Equal("serverGroup PortMismatch", Create(Marked with { ServerGroup = "one", Persistence = new Persistence() }));
        Assert.Equal("serverGroup PortMismatch", Create(Rule with { Ports = null, ServerGroup = "one", Persistence = new Persistence() }));
        Assert.Equal("serverGroup PortMismatch", Create(Marked with { ServerGroup = "one", Topology = Topology.Dsr }));
        Assert.Equal("", Create(Marked with { ServerGroup = "one" }));

        static string Create(Rule rule) => Refused(new CreateRule { Rule = rule }, Site([])).Replace("rule.", "", StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_of_one_mark_overlap_and_of_two_families_do_not()
    {
        var v6 = Marked with { Name = "v6", FirewallMark = new FirewallMark { Mark = 7, Family = IpFamily.Inet6 }, ServerGroup = "g6" };
        Assert.Empty(Site([Marked, v6]).Validate());
        var error = Assert.Single(Site([Marked, Marked with { Name = "twice" }]).Validate());
        Assert.Equal((IlbErrorCode.RuleOverlaps, "rule 'twice' overlaps rule 'r': both take fwmark 7 inet"), (error.Code, error.Message));
        Assert.Equal("rule.vip RuleOverlaps", Refused(new CreateRule { Rule = Marked with { Name = "twice" } }, Site([Marked])));
    }

    [Fact]
    public void A_sorry_group_is_in_use()
    {
        var site = Site([Rule with { Sorry = new SorryGroup { ServerGroup = "s" } }]);
        Assert.Equal("name ServerGroupInUse", Refused(new DeleteServerGroup { Name = "s" }, site));
        Assert.Equal("sorry.serverGroup PortMismatch", Refused(new AddServers { ServerGroup = "s", Servers = ServerSpec.Parse("10.0.0.8:80-90") }, site));
    }

    [Property(MaxTest = 200)]
    public void Text_forms_survive(uint number, byte more)
    {
        var first = new IPAddress(BitConverter.GetBytes(number));
        var span = AddressSpan.TryParse($"{first}-255.255.255.255", null, out var wide) && more > 99 ? wide : new AddressSpan(first);
        Assert.Equal(span, AddressSpan.Parse(span.ToString()));
        var quorum = more > 99 ? new Quorum((int)(number >> 1)) : new Quorum(new Percentage(more));
        Assert.Equal(quorum, Quorum.Parse(quorum.ToString()));
    }

    [Theory]
    [InlineData("10.0.0.2-10.0.0.1", "-1")]
    [InlineData("10.0.0.1-2001:db8::1", "101%")]
    [InlineData("10.0.0.1-", "")]
    [InlineData("host", "x")]
    public void What_is_no_text_form_is_refused(string span, string quorum)
    {
        Assert.Throws<FormatException>(() => AddressSpan.Parse(span));
        Assert.Throws<FormatException>(() => Quorum.Parse(quorum));
    }

    private static Configuration Site(ValueList<Rule> rules) => new()
    {
        ServerGroups =
        [
            Group("g", "10.0.0.1"), Group("g6", "[2001:db8::7]"), Group("s", "10.0.0.9"), Group("one", "10.0.0.1:8080"), new ServerGroup { Name = "empty" },
        ],
        Rules = rules,
    };

    private static ServerGroup Group(string name, string spec) => new ServerGroup { Name = name, Servers = ServerSpec.Parse(spec) }.WithNumbers();

    private static string Refused(Change change, Configuration site)
    {
        try
        {
            Assert.Empty(change.ApplyTo(site).Validate());
            return "";
        }
        catch (IlbException e)
        {
            return string.Join(',', e.Errors.Select(static error => $"{error.Path} {error.Code}"));
        }
    }
}
