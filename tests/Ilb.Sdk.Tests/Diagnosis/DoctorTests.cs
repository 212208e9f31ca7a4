using System.Net;
using System.Net.NetworkInformation;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;
using Ilb.Testing;

namespace Ilb.Tests.Diagnosis;

/// <summary>What is found of an engine over an IPVS in memory, with the surroundings given.</summary>
public sealed class DoctorTests : IDisposable
{
    private static readonly IPAddress Vip = IPAddress.Parse("192.0.2.1");
    private static readonly Rule Web = new() { Name = "web", Vip = Vip, Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" };
    private static readonly ServerGroup Group = new() { Name = "g", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2") };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly InMemorySurroundings _beside = new();

    // A machine on which nothing is wrong: an interface, the VIPs on it, the servers on its network.
    private KernelFacts _kernel = new()
    {
        Links = [Link(1, "lo", LinkStates.Up | LinkStates.Running | LinkStates.Loopback), Link(2, "eth0", LinkStates.Up | LinkStates.Running)],
        Filter = Nft(),
        Settings = new Dictionary<string, string>
        {
            ["net/ipv4/ip_forward"] = "1",
            ["net/ipv6/conf/all/forwarding"] = "1",
            ["net/ipv4/conf/*/send_redirects"] = "0",
            ["net/ipv4/conf/*/rp_filter"] = "0",
            ["net/ipv4/vs/conntrack"] = "1",
            ["net/ipv4/vs/conn_reuse_mode"] = "3",
            ["net/ipv4/vs/expire_nodest_conn"] = "1",
            ["net/ipv4/vs/expire_quiescent_template"] = "1",
            ["net/ipv4/vs/run_estimation"] = "1",
            ["net/ipv4/vs/drop_entry"] = "0",
            ["net/netfilter/nf_conntrack_count"] = "10",
            ["net/netfilter/nf_conntrack_max"] = "1000",
        },
    };

    private readonly Dictionary<string, RouteState?> _routes = [];

    public DoctorTests() => _beside.Facts = addresses => _kernel with { Routes = addresses.ToDictionary(static address => address, Route) };

    public void Dispose()
    {
        _ipvs.Dispose();
        _beside.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Where_nothing_is_wrong_nothing_is_found()
    {
        await using var balancer = await OpenAsync(Web);
        var diagnosis = await balancer.DiagnoseAsync();
        Assert.Empty(diagnosis.Findings);
        Assert.Equal((await balancer.GetConfigurationAsync()).Version, diagnosis.Version);
    }

    [Fact]
    public async Task A_rule_that_does_not_exist_is_refused_and_all_are_named()
    {
        await using var balancer = await OpenAsync(Web);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.DiagnoseAsync(["a", "web", "b"]));
        Assert.Equal(["rule 'a' does not exist", "rule 'b' does not exist"], refused.Errors.Select(static error => error.Message));
        Assert.All(refused.Errors, static error => Assert.Equal(IlbErrorCode.NoSuchRule, error.Code));
    }

    [Fact]
    public async Task Only_the_rules_that_are_asked_about_are_told_and_disabled_ones_are_not_looked_at()
    {
        await using var balancer = await OpenAsync(Web, Web with { Name = "off", Ports = 81, Enabled = false });
        SetSetting("net/ipv4/ip_forward", "0");
        Assert.Equal(["error: net.ipv4.ip_forward is 0: for rule 'web' replies of servers are not forwarded to the clients"], (await balancer.DiagnoseAsync(["web"])).Findings.Select(static finding => finding.ToString()));
        Assert.Equal(["note: rule 'off' is disabled and not looked at"], (await balancer.DiagnoseAsync(["off"])).Findings.Select(static finding => finding.ToString()));
        Assert.Equal([FindingSeverity.Error, FindingSeverity.Note], (await balancer.DiagnoseAsync()).Findings.Select(static finding => finding.Severity));
    }

    [Fact]
    public async Task One_cause_is_one_finding_with_all_that_it_hits()
    {
        await using var balancer = await OpenAsync([.. Enumerable.Range(80, 5).Select(static port => Web with { Name = $"r{port}", Ports = port })]);
        _kernel = _kernel with { Filter = Nft(Base("filter", "input", 0, "drop")) };
        var finding = Assert.Single((await balancer.DiagnoseAsync()).Findings);
        Assert.Equal(["r80", "r81", "r82", "r83", "r84"], finding.Rules);
        Assert.Equal("chain c of table inet t drops what clients send to TCP 192.0.2.1:80, TCP 192.0.2.1:81, TCP 192.0.2.1:82 and 2 more, of rules 'r80', 'r81', 'r82' and 2 more: no rule of it accepts that, and its policy is drop", finding.Message);
        Assert.Equal("""
            nft add rule inet t c ip daddr 192.0.2.1 tcp dport 80 accept
            nft add rule inet t c ip daddr 192.0.2.1 tcp dport 81 accept
            nft add rule inet t c ip daddr 192.0.2.1 tcp dport 82 accept
            # and so for 2 more
            """, finding.Advice);
    }

    // The expressions are nft's own for what stands beside them.
    [Theory]
    // ip saddr 10.0.0.0/8 drop
    [InlineData("filter", "input", 0, "accept", """[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"10.0.0.0","len":8}}}},{"drop":null}]""", "note packets-dropped", "may drop what clients send to TCP 192.0.2.1:80, where ip saddr 10.0.0.0/8, of rule 'web'")]
    // ip saddr 10.0.0.0/8 accept, policy drop: all others are shut out
    [InlineData("filter", "input", 0, "drop", """[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"10.0.0.0","len":8}}}},{"accept":null}]""", "warning packets-dropped", "except where ip saddr 10.0.0.0/8, of rule 'web'")]
    // tcp dport 80 ip saddr 10.0.0.0/8 accept, policy drop: just these are meant
    [InlineData("filter", "input", 0, "drop", """[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":80}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"10.0.0.0","len":8}}}},{"accept":null}]""", "note packets-dropped", "except where ip saddr 10.0.0.0/8")]
    // iifname eth1 drop: there is only eth0
    [InlineData("filter", "input", 0, "accept", """[{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"eth1"}},{"drop":null}]""", "", "")]
    // something of the future
    [InlineData("filter", "input", 0, "accept", """[{"moonphase":{"of":"today"}},{"drop":null}]""", "warning packets-dropped", "where moonphase")]
    // an extension of iptables that nft does not translate, with and without a verdict
    [InlineData("filter", "input", 0, "accept", """[{"xt":{"type":"match","name":"geoip"}},{"drop":null}]""", "warning packets-dropped", "where match geoip of iptables")]
    [InlineData("filter", "input", 0, "accept", """[{"xt":{"type":"target","name":"TARPIT"}}]""", "note filter-unknown", "target TARPIT of iptables")]
    [InlineData("filter", "input", 0, "accept", """[{"xt":null}]""", "note filter-unknown", "what it does cannot be told from here")]
    [InlineData("filter", "input", 0, "accept", """[{"queue":{"num":3}}]""", "note filter-unknown", "what it does cannot be told from here")]
    // masquerade
    [InlineData("nat", "postrouting", 100, "accept", """[{"masquerade":null}]""", "warning source-translated", "the servers do not see the clients' addresses")]
    // flow add @f
    [InlineData("filter", "forward", 0, "accept", """[{"flow":{"op":"add","flowtable":"@f"}}]""", "warning offloaded", "go around IPVS")]
    // redirect to :8080
    [InlineData("nat", "prerouting", -100, "accept", """[{"redirect":{"port":8080}}]""", "error destination-translated", "'redirect to :8080' (handle 7 of chain c of table inet t) sends elsewhere what clients send to TCP 192.0.2.1:80")]
    // meta mark set 0x10000, which is the mark of another rule
    [InlineData("filter", "prerouting", -300, "accept", """[{"mangle":{"key":{"meta":{"key":"mark"}},"value":65536}}]""", "error marked", "rule 'range', whose mark that is, takes it")]
    // meta mark set ct mark
    [InlineData("filter", "prerouting", -140, "accept", """[{"mangle":{"key":{"meta":{"key":"mark"}},"value":{"ct":{"key":"mark"}}}}]""", "warning marked", "may mark what clients send to TCP 192.0.2.1:8000-8001")]
    public async Task What_a_chain_does_is_told(string type, string hook, int priority, string policy, string rule, string expected, string words)
    {
        await using var balancer = await OpenAsync(Web, Web with { Name = "range", Ports = new PortRange(8000, 8001) });
        _kernel = _kernel with { Filter = Nft(Base(type, hook, priority, policy), Rule("c", rule)) };
        var found = (await balancer.DiagnoseAsync()).Findings;
        if (expected.Length == 0)
        {
            Assert.Empty(found);
            return;
        }

        var finding = found.First(finding => finding.Message.Contains(words, StringComparison.Ordinal) || found.Count == 1);
        Assert.Equal((expected, true), ($"{finding.Severity.ToText()} {System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(finding.Kind.ToString())}", finding.Message.Replace("rules 'web' and 'range'", "rule 'web'", StringComparison.Ordinal).Replace("80, TCP 192.0.2.1:8000-8001", "80", StringComparison.Ordinal).Contains(words, StringComparison.Ordinal)));
        Assert.Equal(finding.Severity != FindingSeverity.Note, finding.Advice?.StartsWith("nft ", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Who_returns_from_a_chain_meets_what_comes_after_it()
    {
        await using var balancer = await OpenAsync(Web);
        const string Saddr = """{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"10.9.9.9"}}""";
        _kernel = _kernel with
        {
            Filter = Nft(
                Base("filter", "input", 0, "accept"),
                """{"chain":{"family":"inet","table":"t","name":"sub","handle":2}}""",
                Rule("sub", $$"""[{{Saddr}},{"return":null}]"""),
                Rule("sub", """[{"counter":{"packets":0,"bytes":0}}]"""),
                Rule("c", """[{"jump":{"target":"sub"}}]"""),
                Rule("c", """[{"drop":null}]""")),
        };
        Assert.Equal(FindingSeverity.Error, Assert.Single((await balancer.DiagnoseAsync()).Findings).Severity);
        // And one that goes elsewhere does not come back.
        _kernel = _kernel with { Filter = _kernel.Filter!.Replace("\"jump\"", "\"goto\"", StringComparison.Ordinal) };
        Assert.Empty((await balancer.DiagnoseAsync()).Findings);
    }

    [Fact]
    public async Task A_filter_that_leads_nowhere_or_in_circles_does_no_harm()
    {
        await using var balancer = await OpenAsync(Web);
        _kernel = _kernel with { Filter = Nft(Base("filter", "input", 0, "accept"), Rule("c", """[{"jump":{"target":"nobody"}}]"""), Rule("c", """[{"jump":{"target":"c"}}]"""), Rule("c", """[{"jump":{"target":"c"}}]""")) };
        Assert.All((await balancer.DiagnoseAsync()).Findings, static finding => Assert.Equal((FindingKind.FilterUnknown, FindingSeverity.Note), (finding.Kind, finding.Severity)));
        _kernel = _kernel with { Filter = "{}" };
        Assert.Equal(IlbErrorCode.ProtocolError, (await Assert.ThrowsAsync<IlbException>(() => balancer.DiagnoseAsync())).Code);
    }

    [Fact]
    public async Task Tables_of_iptables_are_put_right_by_iptables_and_those_of_Ilb_are_left_out()
    {
        await using var balancer = await OpenAsync(Web);
        _kernel = _kernel with
        {
            Filter = Nft(
                """{"table":{"family":"inet","name":"ilb-other","comment":"made by Ilb, instance other"}}""",
                """{"chain":{"family":"inet","table":"ilb-other","name":"c","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
                """{"chain":{"family":"inet","table":"ilb","name":"c","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
                """{"chain":{"family":"ip6","table":"filter","name":"INPUT","handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""",
                """{"chain":{"family":"ip","table":"filter","name":"FORWARD","handle":2,"type":"filter","hook":"forward","prio":0,"policy":"drop"}}"""),
        };
        var finding = Assert.Single((await balancer.DiagnoseAsync()).Findings);
        Assert.Equal("iptables -A FORWARD -s 10.0.0.1 -p tcp --sport 80 -j ACCEPT\niptables -A FORWARD -s 10.0.0.2 -p tcp --sport 80 -j ACCEPT", finding.Advice);
        Assert.Equal(["_g.0", "_g.1"], finding.Servers.Select(static server => server.ToString()));
    }

    [Fact]
    public async Task What_could_not_be_looked_at_is_said()
    {
        await using var balancer = await OpenAsync(Web);
        _kernel = _kernel with { Filter = null, FilterFailure = "libnftables.so.1 is not installed", LegacyTables = ["iptables nat", "iptables filter"] };
        Assert.Equal(
            [
                "note: the packet filter was not looked at: libnftables.so.1 is not installed",
                "note: tables of the old iptables are in use, which nft does not show and this does not look at: iptables nat, iptables filter",
            ], (await balancer.DiagnoseAsync()).Findings.Select(static finding => finding.ToString()));
    }

    [Fact]
    public async Task A_mark_that_nobody_gives_is_told()
    {
        await using var balancer = await OpenAsync(new Rule { Name = "marked", FirewallMark = new FirewallMark { Mark = 7 }, Topology = Topology.HalfNat, ServerGroup = "g" });
        Assert.Equal((FindingKind.NotMarked, FindingSeverity.Warning), Only(await balancer.DiagnoseAsync()));
        _kernel = _kernel with { Filter = Nft(Base("filter", "prerouting", -150, "accept"), Rule("c", """[{"mangle":{"key":{"meta":{"key":"mark"}},"value":7}}]""")) };
        Assert.Empty((await balancer.DiagnoseAsync()).Findings);
    }

    [Theory]
    [InlineData(49_151, "")]
    [InlineData(49_152, "warning")]
    [InlineData(60_210, "warning")]
    [InlineData(60_211, "error")]
    public async Task Ports_of_sources_are_counted_against_connections(int connections, string severity)
    {
        await using var balancer = await OpenAsync(Web with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.100") });
        SetConnections("10.0.0.2", 80, active: 1, inactive: (uint)connections - 1);
        var found = (await balancer.DiagnoseAsync()).Findings;
        Assert.Equal(severity, string.Concat(found.Select(static finding => finding.Severity.ToText())));
        Assert.All(found, finding => Assert.Equal(("_g.1", FindingKind.SourcePorts), (finding.Servers.Single().ToString(), finding.Kind)));
    }

    [Fact]
    public async Task Rules_that_share_sources_and_servers_share_ports_and_more_sources_have_more()
    {
        var full = Web with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.100") };
        await using var balancer = await OpenAsync(full, full with { Name = "b", Vip = IPAddress.Parse("192.0.2.2") });
        SetConnections("10.0.0.1", 80, active: 30_000, inactive: 0);
        var finding = (await balancer.DiagnoseAsync()).Findings[0];
        Assert.Equal((FindingKind.SourcePorts, "web b"), (finding.Kind, string.Join(' ', finding.Rules)));
        await balancer.SetRuleAsync(new SetRule { Name = "web", ProxySource = AddressSpan.Parse("10.0.0.100-10.0.0.103") });
        Assert.DoesNotContain((await balancer.DiagnoseAsync()).Findings, static finding => finding.Kind == FindingKind.SourcePorts);
    }

    [Theory]
    [InlineData("899", "")]
    [InlineData("900", "warning")]
    [InlineData("1000", "error")]
    public async Task The_table_of_tracked_connections_is_told_before_it_is_full(string count, string severity)
    {
        await using var balancer = await OpenAsync(Web);
        SetSetting("net/netfilter/nf_conntrack_count", count);
        var found = (await balancer.DiagnoseAsync()).Findings;
        Assert.Equal(severity, string.Concat(found.Select(static finding => finding.Severity.ToText())));
        Assert.All(found, static finding => Assert.Equal("sysctl -w net.netfilter.nf_conntrack_max=2000", finding.Advice));
    }

    [Theory]
    [InlineData("net/ipv4/conf/*/send_redirects", "all=0,eth0=1,eth9=1,lo=1", "sysctl -w net.ipv4.conf.eth0.send_redirects=0")]
    [InlineData("net/ipv4/vs/run_estimation", "0", "sysctl -w net.ipv4.vs.run_estimation=1")]
    [InlineData("net/ipv4/vs/conn_reuse_mode", "0", "sysctl -w net.ipv4.vs.conn_reuse_mode=1")]
    [InlineData("net/ipv4/vs/drop_entry", "2", "sysctl -w net.ipv4.vs.drop_entry=0")]
    [InlineData("net/ipv4/vs/drop_entry", "1", null)]
    [InlineData("net/ipv4/vs/expire_quiescent_template", "0", null)]
    [InlineData("net/ipv4/vs/expire_nodest_conn", "0", null)]
    [InlineData("net/ipv4/vs/conntrack", "0", null)]
    public async Task A_setting_that_is_in_the_way_of_a_rule_is_told_with_its_remedy(string path, string value, string? advice)
    {
        await using var balancer = await OpenAsync(Web);
        SetSetting(path, value);
        Assert.Equal(advice is null ? [] : [advice], (await balancer.DiagnoseAsync()).Findings.Select(static finding => finding.Advice!));
    }

    [Theory]
    [InlineData(Topology.Dsr, Protocol.Tcp, "net/ipv4/vs/conn_reuse_mode", "1", "sysctl -w net.ipv4.vs.conn_reuse_mode=3")]
    [InlineData(Topology.HalfNat, Protocol.Udp, "net/ipv4/vs/expire_nodest_conn", "0", "sysctl -w net.ipv4.vs.expire_nodest_conn=1")]
    public async Task Settings_that_only_some_rules_need_are_told_for_these(Topology topology, Protocol protocol, string path, string value, string advice)
    {
        await using var balancer = await OpenAsync(Web, Web with { Name = "other", Ports = 81, Topology = topology, Protocol = protocol });
        SetSetting(path, value);
        var finding = (await balancer.DiagnoseAsync()).Findings.Single(static finding => finding.Kind == FindingKind.Setting);
        Assert.Equal((FindingSeverity.Warning, "other", advice), (finding.Severity, finding.Rules.Single(), finding.Advice));
    }

    [Fact]
    public async Task Strict_filtering_of_sources_is_a_warning_once_it_has_dropped_something()
    {
        await using var balancer = await OpenAsync(Web);
        SetSetting("net/ipv4/conf/*/rp_filter", "all=0,eth0=1,eth1=2,lo=0");
        // With one interface there is no other way.
        Assert.Empty((await balancer.DiagnoseAsync()).Findings);
        _kernel = _kernel with { Links = [.. _kernel.Links, Link(3, "eth1", LinkStates.Up | LinkStates.Running)] };
        Assert.Equal((FindingKind.Setting, FindingSeverity.Note), Only(await balancer.DiagnoseAsync()));
        _kernel = _kernel with { ReversePathDrops = 5 };
        Assert.Equal((FindingKind.Setting, FindingSeverity.Warning), Only(await balancer.DiagnoseAsync()));
        Assert.Equal("sysctl -w net.ipv4.conf.eth0.rp_filter=2", (await balancer.DiagnoseAsync()).Findings[0].Advice);
    }

    [Fact]
    public async Task What_is_not_synchronised_and_a_backup_that_forwards_nothing_are_told()
    {
        await using var balancer = await OpenAsync(Web with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.100") });
        _kernel = _kernel with { SyncDaemons = [new IpvsSyncDaemonState { Role = IpvsSyncRole.Backup, Interface = "eth0", SyncId = 1 }] };
        Assert.Equal((FindingKind.Synchronization, FindingSeverity.Note), Only(await balancer.DiagnoseAsync()));
        SetSetting("net/ipv4/vs/backup_only", "1");
        Assert.Equal([FindingSeverity.Warning, FindingSeverity.Note], (await balancer.DiagnoseAsync()).Findings.Select(static finding => finding.Severity));
    }

    [Fact]
    public async Task More_servers_than_a_hash_has_places_for_are_told()
    {
        await using var balancer = TestBalancer.Create(_folder.Options, _ipvs, null, _beside);
        var many = new ServerGroup { Name = "many", Servers = [.. Enumerable.Range(0, 257).Select(static i => new Server { Address = IPAddress.Parse($"10.{i / 256}.0.{(i % 256)}"), Ports = 80 })] };
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = many with { Servers = [.. many.Servers.Skip(1), new Server { Address = IPAddress.Parse("10.9.0.1"), Ports = 80 }] } }, new CreateRule { Rule = Web with { ServerGroup = "many", Algorithm = Algorithm.SourceHashing } }, new CreateRule { Rule = Web with { Name = "maglev", Ports = 81, ServerGroup = "many", Algorithm = Algorithm.HashIp } }]);
        var finding = (await balancer.DiagnoseAsync()).Findings.Single(static finding => finding.Kind == FindingKind.TooManyServers);
        Assert.Equal("rule 'web' has 257 servers, and its scheduler sh has 256 places: the others get no connections", finding.Message);
    }

    [Fact]
    public async Task Servers_are_told_apart_by_the_way_to_them()
    {
        await balancerOf(Topology.Dsr, async balancer =>
        {
            _routes["10.0.0.1"] = new RouteState { Kind = RouteKind.Unicast, LinkIndex = 2, Gateway = IPAddress.Parse("10.0.0.254") };
            _routes["10.0.0.2"] = null;
            Assert.Equal([(FindingKind.ServerBehindRouter, "_g.0"), (FindingKind.ServerUnreachable, "_g.1")], Told(await balancer.DiagnoseAsync()));
        });
        await balancerOf(Topology.HalfNat, async balancer =>
        {
            // A router may stand between, but must answer.
            Assert.Equal([(FindingKind.ServerUnreachable, "_g.1")], Told(await balancer.DiagnoseAsync()));
            _kernel = _kernel with { Neighbors = [new NeighborState { LinkIndex = 2, Address = IPAddress.Parse("10.0.0.254"), HardwareAddress = PhysicalAddress.None, States = NeighborStates.Failed }] };
            Assert.Equal([(FindingKind.ServerUnreachable, "_g.0"), (FindingKind.ServerUnreachable, "_g.1")], Told(await balancer.DiagnoseAsync()));
        });

        static IEnumerable<(FindingKind, string)> Told(Ilb.Diagnosis diagnosis) => diagnosis.Findings.Select(static finding => (finding.Kind, finding.Servers.Single().ToString()));

        async Task balancerOf(Topology topology, Func<LoadBalancer, Task> work)
        {
            await using var balancer = await OpenAsync(Web with { Topology = topology });
            await work(balancer);
            await balancer.DeleteRulesAsync(["web"]);
            await balancer.DeleteServerGroupAsync("g");
        }
    }

    [Fact]
    public async Task Ways_that_end_at_one_port_of_a_server_are_told_once()
    {
        await using var balancer = await OpenAsync(Web, Web with { Name = "b", Vip = IPAddress.Parse("192.0.2.2") }, Web with { Name = "c", Ports = 81 }, Web with { Name = "udp", Protocol = Protocol.Udp }, Web with { Name = "dsr", Vip = IPAddress.Parse("192.0.2.3"), Topology = Topology.Dsr });
        var finding = Assert.Single((await balancer.DiagnoseAsync()).Findings);
        Assert.Equal((FindingKind.Collision, FindingSeverity.Note, "web b", 2), (finding.Kind, finding.Severity, string.Join(' ', finding.Rules), finding.Servers.Count));
        Assert.Empty((await balancer.DiagnoseAsync(["c"])).Findings);
    }

    [Fact]
    public async Task A_rule_that_nobody_serves_is_told_with_the_reasons()
    {
        await using var balancer = await OpenAsync(Web);
        await balancer.DisableServersAsync([ServerId.Parse("_g.0")]);
        Assert.Empty((await balancer.DiagnoseAsync()).Findings);
        await balancer.ApplyAsync([new SetServers { Servers = [ServerId.Parse("_g.1")], Weight = 0 }]);
        var finding = (await balancer.DiagnoseAsync()).Findings[0];
        Assert.Equal("error: no server of rule 'web' gets new connections: of 2 servers 1 is disabled, 1 has weight 0", finding.ToString());
    }

    [Fact]
    public async Task A_service_of_somebody_else_is_told_with_what_takes_it_away()
    {
        await using var balancer = await OpenAsync(Web);
        await balancer.DisableRulesAsync(["web"]);
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, Vip, 80), Scheduler = "rr" } }));
        var path = _folder.ConfigurationPath;
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("\"enabled\": false", "\"enabled\": true", StringComparison.Ordinal));
        var finding = (await balancer.DiagnoseAsync()).Findings[0];
        Assert.Equal((FindingKind.ForeignService, "ipvsadm -D -t 192.0.2.1:80\nilbadm enable-rule web"), (finding.Kind, finding.Advice));
    }

    private static (FindingKind, FindingSeverity) Only(Ilb.Diagnosis diagnosis) => (Assert.Single(diagnosis.Findings).Kind, diagnosis.Findings[0].Severity);

    private static Link Link(int index, string name, LinkStates states) => new() { Index = index, Name = name, States = states, Mtu = 1500, HardwareAddress = PhysicalAddress.None };

    private static string Nft(params string[] items) => $$"""{"nftables":[{{string.Join(',', items.Prepend("""{"metainfo":{"version":"1.0.6","release_name":"Lester Gooch #5","json_schema_version":1}}"""))}}]}""";

    private static string Base(string type, string hook, int priority, string policy) => $$"""{"chain":{"family":"inet","table":"t","name":"c","handle":1,"type":"{{type}}","hook":"{{hook}}","prio":{{priority}},"policy":"{{policy}}" } }""";

    private static string Rule(string chain, string expressions) => $$"""{"rule":{"family":"inet","table":"t","chain":"{{chain}}","handle":7,"expr":{{expressions}} } }""";

    private RouteState? Route(IPAddress address) => _routes.TryGetValue(address.ToString(), out var route) ? route
        : new RouteState { Kind = address.ToString().StartsWith("192.0.2.", StringComparison.Ordinal) ? RouteKind.Local : RouteKind.Unicast, LinkIndex = 2 };

    private void SetSetting(string path, string value) => _kernel = _kernel with { Settings = new Dictionary<string, string>(_kernel.Settings) { [path] = value } };

    private void SetConnections(string server, ushort port, uint active, uint inactive) => _ipvs.Connections = destination => destination.Address.ToString() == server && destination.Port == port ? (active, inactive) : (0, 0);

    private async Task<LoadBalancer> OpenAsync(params Rule[] rules)
    {
        var balancer = TestBalancer.Create(_folder.Options, _ipvs, null, _beside);
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group }, .. rules.Select(static rule => new CreateRule { Rule = rule })]);
        return balancer;
    }
}
