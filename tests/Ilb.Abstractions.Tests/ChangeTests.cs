using System.Net;

namespace Ilb.Tests;

public sealed class ChangeTests
{
    private static readonly ServerGroup Web = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.3:8080") }.WithNumbers();

    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };

    private static readonly Configuration Site = new() { ServerGroups = [Web, new ServerGroup { Name = "empty" }], Rules = [WebRule] };

    private static readonly Dictionary<string, ValueList<IPAddress>> Hosts = new()
    {
        ["both"] = [IPAddress.Parse("2001:db8::7"), IPAddress.Parse("10.0.0.7")],
        ["six"] = [IPAddress.Parse("2001:db8::6")],
    };

    public static TheoryData<string, Change, string> Refusals => new()
    {
        { "group exists", new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web" } }, "ServerGroupExists: server group 'web' exists already" },
        { "no name", new CreateServerGroup { ServerGroup = new ServerGroup { Name = "" } }, "InvalidName: the server group has no name" },
        { "bad name", new CreateServerGroup { ServerGroup = new ServerGroup { Name = "a b" } }, "InvalidName: server group 'a b': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit" },
        { "long name", new CreateServerGroup { ServerGroup = new ServerGroup { Name = new string('a', 64) } }, $"NameTooLong: server group '{new string('a', 64)}': the name has 64 characters, at most 63 are allowed" },
        { "server twice", Group("10.0.0.1:80", "10.0.0.1:80"), "InvalidServer: server group 'g': server '10.0.0.1:80' is already there as '_g.0' (10.0.0.1:80)" },
        { "server without port overlaps all", Group("10.0.0.1:80", "10.0.0.1"), "InvalidServer: server group 'g': server '10.0.0.1' is already there as '_g.0' (10.0.0.1:80)" },
        { "ranges overlap", Group("10.0.0.1:80-90", "10.0.0.1:90-99"), "InvalidServer: server group 'g': server '10.0.0.1:90-99' is already there as '_g.0' (10.0.0.1:80-90)" },
        { "family mix", Group("10.0.0.1", "[2001:db8::1]"), "FamilyMismatch: server group 'g': server '[2001:db8::1]' is of another address family than the servers before it" },
        { "loopback", Group("127.0.0.1"), "InvalidAddress: server: 127.0.0.1 is a loopback address, which no client reaches" },
        { "multicast", Group("224.0.0.1"), "InvalidAddress: server: 224.0.0.1 is a multicast address" },
        { "multicast v6", Group("[ff02::1]"), "InvalidAddress: server: ff02::1 is a multicast address" },
        { "broadcast", Group("255.255.255.255"), "InvalidAddress: server: 255.255.255.255 is the broadcast address" },
        { "unspecified", Group("0.0.0.0"), "InvalidAddress: server: 0.0.0.0 is an unspecified address" },
        { "unspecified v6", Group("[::]"), "InvalidAddress: server: :: is the unspecified address" },
        { "loopback v6", Group("[::1]"), "InvalidAddress: server: ::1 is a loopback address, which no client reaches" },
        { "link-local", Group("[fe80::1]"), "InvalidAddress: server: fe80::1 is an address of one link only, which IPVS does not forward" },
        { "mapped", Group("[::ffff:10.0.0.1]"), "InvalidAddress: server: ::ffff:10.0.0.1 is an IPv4 address in IPv6 form: write it as IPv4" },
        { "weight", Group(new Server { Address = IPAddress.Parse("10.0.0.1"), Weight = 65536 }), "InvalidArgument: server '10.0.0.1': weight 65536 is out of range, allowed is 0-65535" },
        { "max-conn", Group(new Server { Address = IPAddress.Parse("10.0.0.1"), MaximumConnections = 0 }), "InvalidArgument: server '10.0.0.1': max-conn 0 is out of range, allowed is 1-2147483647" },
        { "min-conn", Group(new Server { Address = IPAddress.Parse("10.0.0.1"), MinimumConnections = 1 }), "InvalidArgument: server '10.0.0.1': min-conn needs max-conn" },
        { "no address", Group(new Server()), "InvalidServer: the server has no address" },
        { "host 'not' resolved", Group("both"), "HostNotFound: server group 'g': the address of host 'both' is not given" },
        { "delete unknown group", new DeleteServerGroup { Name = "x" }, "NoSuchServerGroup: server group 'x' does not exist" },
        { "delete used group", new DeleteServerGroup { Name = "web" }, "ServerGroupInUse: server group 'web' is used by rule 'web'" },
        { "add to unknown group", new AddServers { ServerGroup = "x", Servers = ServerSpec.Parse("10.0.0.9") }, "NoSuchServerGroup: server group 'x' does not exist" },
        { "add nothing", new AddServers { ServerGroup = "web", Servers = [] }, "InvalidArgument: no server is named" },
        { "add twice", new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.2") }, "InvalidServer: server group 'web': server '10.0.0.2' is already there as '_web.1' (10.0.0.2:8080)" },
        { "add other family", new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("[2001:db8::1]") }, "FamilyMismatch: server group 'web': server '[2001:db8::1]' is of another address family than the servers before it\nFamilyMismatch: rule 'web': VIP 192.0.2.1 and server '[2001:db8::1]' of server group 'web' are of different address families" },
        { "add ports that do not match", new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.9:80-90") }, "PortMismatch: rule 'web': server '10.0.0.9:80-90' of server group 'web' does not match the rule's port 80: with type=HALF-NAT a server has no port, one port, or as many as the rule" },
        { "add with an old number", new AddServers { ServerGroup = "web", Servers = [new Server { Number = 1, Address = IPAddress.Parse("10.0.0.9") }] }, "InvalidServer: server group 'web': number 1 was given before, the next is 3\nInvalidServer: server group 'web': number 1 stands there twice" },
        { "remove from unknown group", Remove("x", "10.0.0.1"), "NoSuchServerGroup: server group 'x' does not exist" },
        { "remove unknown", Remove("web", "10.0.0.9", "_web.9", "_other.0", "10.0.0.1:80"), "NoSuchServer: server '10.0.0.9' does not exist in server group 'web'\nNoSuchServer: server '_web.9' does not exist in server group 'web'\nNoSuchServer: server '_other.0' does not exist in server group 'web'\nNoSuchServer: server '10.0.0.1:80' does not exist in server group 'web'" },
        { "remove nothing", Remove("web"), "InvalidArgument: no server is named" },
        { "enable unknown", new EnableServers { Servers = [Id("_web.0"), Id("_web.9"), Id("_x.0")] }, "NoSuchServer: server '_web.9' does not exist\nNoSuchServer: server '_x.0' does not exist" },
        { "disable nothing", new DisableServers { Servers = [] }, "InvalidArgument: no server is named" },
        { "rule 'exists'", new CreateRule { Rule = WebRule }, "AlreadyExists: rule 'web' exists already" },
        { "rule 'overlaps'", new CreateRule { Rule = WebRule with { Name = "r", Ports = new PortRange(70, 90) } }, "RuleOverlaps: rule 'r' overlaps rule 'web': both take TCP 192.0.2.1:80" },
        { "rule of all ports overlaps", new CreateRule { Rule = WebRule with { Name = "r", Ports = null } }, "RuleOverlaps: rule 'r' overlaps rule 'web': both take TCP 192.0.2.1:80" },
        { "unknown group", new CreateRule { Rule = WebRule with { Name = "r", Ports = 81, ServerGroup = "x" } }, "NoSuchServerGroup: rule 'r': server group 'x' does not exist" },
        { "no group", new CreateRule { Rule = WebRule with { Name = "r", Ports = 81, ServerGroup = "" } }, "NoSuchServerGroup: rule 'r': the server group is missing" },
        { "empty group", new CreateRule { Rule = WebRule with { Name = "r", Ports = 81, ServerGroup = "empty" } }, "ServerGroupEmpty: rule 'r': server group 'empty' has no server" },
        { "DSR changes no port", new CreateRule { Rule = WebRule with { Name = "r", Ports = 81, Topology = Topology.Dsr, ServerGroup = "web" } }, "PortMismatch: rule 'r': server '10.0.0.1:8080' (and 2 more) of server group 'web' does not match the rule's port 81: with type=DSR a server has no port or exactly the rule's" },
        { "all at once", new CreateRule { Rule = WebRule with { Name = "-", Vip = IPAddress.Parse("127.0.0.1"), ServerGroup = "x", Algorithm = (Algorithm)99 } }, "InvalidName: rule '-': a name has letters, digits, '.', '_' and '-', and starts with a letter or digit\nInvalidAddress: rule '-': VIP: 127.0.0.1 is a loopback address, which no client reaches\nInvalidArgument: rule '-': algorithm 99 does not exist\nNoSuchServerGroup: rule '-': server group 'x' does not exist" },
        { "no VIP", new CreateRule { Rule = WebRule with { Name = "r", Vip = null } }, "InvalidAddress: rule 'r': the VIP is missing" },
        { "delete unknown rules", new DeleteRules { Names = ["web", "x", "y", "x"] }, "NoSuchRule: rule 'x' does not exist\nNoSuchRule: rule 'y' does not exist" },
        { "delete nothing", new DeleteRules(), "InvalidArgument: no rule is named" },
        { "delete all and one", new DeleteRules { All = true, Names = ["web"] }, "InvalidArgument: either all rules or names are given, not both" },
        { "enable unknown rule", new EnableRules { Names = ["x"] }, "NoSuchRule: rule 'x' does not exist" },
        { "disable unknown rule", new DisableRules { Names = ["x"] }, "NoSuchRule: rule 'x' does not exist" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_refused_change_says_all_that_is_wrong(string name, Change change, string expected)
    {
        Assert.NotEmpty(name);
        var refused = Assert.Throws<IlbException>(() => change.ApplyTo(Site));
        Assert.Equal(expected, string.Join('\n', refused.Errors.Select(static error => $"{error.Code}: {error.Message}")));
        Assert.Equal(refused.Errors[0].Code, refused.Code);
    }

    public static TheoryData<Change, string> Texts => new()
    {
        { new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g" } }, "create server group 'g'" },
        { Group("10.0.0.1-10.0.0.5:80"), "create server group 'g' with servers '10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80' and 2 more" },
        { new DeleteServerGroup { Name = "g" }, "delete server group 'g'" },
        { new AddServers { ServerGroup = "g", Servers = ServerSpec.Parse("a.example") }, "add server 'a.example' to server group 'g'" },
        { Remove("g", "_g.0", "10.0.0.1:80"), "remove servers '_g.0', '10.0.0.1:80' from server group 'g'" },
        { new EnableServers { Servers = [Id("_g.0")] }, "enable server '_g.0'" },
        { new DisableServers { ServerGroup = "g" }, "disable all servers of server group 'g'" },
        { new SetServers { ServerGroup = "g", Weight = 3, MinimumConnections = 0 }, "set all servers of server group 'g': weight, minConn" },
        { new CreateHealthCheck { HealthCheck = new HealthCheck { Name = "h", Test = new PingTest() } }, "create health check 'h'" },
        { new DeleteHealthChecks { Names = ["h", "i"] }, "delete health checks 'h', 'i'" },
        { new SetHealthCheck { Name = "h", Test = new PingTest(), Count = 2 }, "set health check 'h': test, count" },
        { new CreateRule { Rule = WebRule }, "create rule 'web'" },
        { new CreateRule { Rule = WebRule with { Enabled = false } }, "create rule 'web', disabled" },
        { new DeleteRules { All = true }, "delete all rules" },
        { new DeleteRules { Names = ["web\n"] }, "delete rule 'web\\n'" },
        { new EnableRules { Names = ["a", "b"] }, "enable rules 'a', 'b'" },
        { new DisableRules { All = true }, "disable all rules" },
        { new SetRule { Name = "web", Ports = 81, Reset = ["health"] }, "set rule 'web': health, ports" },
        { new SetRule { Name = "web" }, "set rule 'web'" },
        { new CreateFailoverGroup { FailoverGroup = new FailoverGroup { Name = "f", VirtualRouterId = 1, Interface = "eth0", Addresses = [] } }, "create failover group 'f'" },
        { new DeleteFailoverGroups { Names = ["f"] }, "delete failover group 'f'" },
        { new EnableFailoverGroups { Names = ["f"] }, "enable failover group 'f'" },
        { new DisableFailoverGroups { All = true }, "disable all failover groups" },
        { new SetFailoverGroup { Name = "f", Priority = 7 }, "set failover group 'f': priority" },
        { new ReplaceAll { Configuration = Site }, "replace everything by 2 server groups, 0 health checks, 1 rule and 0 failover groups" },
        { new DeleteRules { Names = null! }, "delete no rule" },
        { new CreateRule { Rule = null! }, "create rule ''" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_change_is_told_to_a_person(Change change, string expected) => Assert.Equal(expected, change.ToString());

    [Theory]
    [InlineData("localhost", "127.0.0.1", "server='localhost': 127.0.0.1 is a loopback address, which no client reaches")]
    [InlineData(null, "127.0.0.1", "server: 127.0.0.1 is a loopback address, which no client reaches")]
    [InlineData("10.1", "10.0.0.1", "server: '10.1' is not a host name")]
    [InlineData("0x0a000001", "10.0.0.1", "server: '0x0a000001' is not a host name")]
    public void What_is_wrong_with_the_address_of_a_host_names_the_host(string? host, string address, string expected) =>
        Assert.Equal(expected, Assert.Single(new Server { Host = host, Address = IPAddress.Parse(address) }.Validate()).Message);

    [Fact]
    public void A_whole_group_is_switched()
    {
        var site = new DisableServers { ServerGroup = "web" }.ApplyTo(Site);
        Assert.All(site.FindServerGroup("web")!.Servers, static server => Assert.False(server.Enabled));
        Assert.Equal(Site, new EnableServers { ServerGroup = "web" }.ApplyTo(site));
        Assert.Equal(IlbErrorCode.NoSuchServerGroup, Assert.Throws<IlbException>(static () => new EnableServers { ServerGroup = "x" }.ApplyTo(Site)).Code);
        Assert.Equal(IlbErrorCode.InvalidArgument, Assert.Throws<IlbException>(static () => new DisableServers { ServerGroup = "web", Servers = [Id("_web.0")] }.ApplyTo(Site)).Code);
        Assert.Equal([new DisableServers { ServerGroup = "web" }], IlbJson.DeserializeChanges(IlbJson.Serialize([new DisableServers { ServerGroup = "web" }])));
    }

    [Fact]
    public void A_created_group_gives_its_servers_numbers()
    {
        var site = Group("10.1.0.1", "10.1.0.2").ApplyTo(Site);
        Assert.Equal(["_g.0", "_g.1"], site.FindServerGroup("g")!.Servers.Select(server => site.FindServerGroup("g")!.IdOf(server).ToString()));
        Assert.Equal(2, site.FindServerGroup("g")!.NextNumber);
        Assert.Empty(site.Validate());
    }

    [Fact]
    public void Numbers_are_never_given_twice()
    {
        var site = Remove("web", "_web.2").ApplyTo(Site);
        site = new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.3:8080") }.ApplyTo(site);
        Assert.Equal([0u, 1u, 3u], site.FindServerGroup("web")!.Servers.Select(static server => server.Number!.Value));
        site = Remove("web", "10.0.0.1", "10.0.0.2", "10.0.0.3").ApplyTo(site);
        Assert.Empty(site.FindServerGroup("web")!.Servers);
        Assert.Equal(4, site.FindServerGroup("web")!.NextNumber);
    }

    [Fact]
    public void A_group_that_has_given_all_numbers_is_full()
    {
        var site = new Configuration { ServerGroups = [new ServerGroup { Name = "g", NextNumber = uint.MaxValue }] };
        site = new AddServers { ServerGroup = "g", Servers = ServerSpec.Parse("10.0.0.1") }.ApplyTo(site);
        Assert.Equal(uint.MaxValue, site.ServerGroups[0].Servers[0].Number);
        var full = Assert.Throws<IlbException>(() => new AddServers { ServerGroup = "g", Servers = ServerSpec.Parse("10.0.0.2") }.ApplyTo(site));
        Assert.Equal(IlbErrorCode.ServerGroupFull, full.Code);
    }

    [Fact]
    public void An_ambiguous_address_is_refused_naming_the_servers()
    {
        var site = Group("10.1.0.1:80", "10.1.0.1:81").ApplyTo(Site);
        var refused = Assert.Throws<IlbException>(() => Remove("g", "10.1.0.1").ApplyTo(site));
        Assert.Equal("server '10.1.0.1' of server group 'g' is ambiguous: _g.0 (10.1.0.1:80), _g.1 (10.1.0.1:81)", refused.Message);
        Assert.Equal("10.1.0.1:80", Assert.Single(Remove("g", "10.1.0.1:81").ApplyTo(site).FindServerGroup("g")!.Servers).ToString());
    }

    [Fact]
    public void Servers_and_rules_are_switched()
    {
        var site = new DisableServers { Servers = [Id("_web.0"), Id("_web.2")] }.ApplyTo(Site);
        Assert.Equal([false, true, false], site.FindServerGroup("web")!.Servers.Select(static server => server.Enabled));
        Assert.Equal(Site, new EnableServers { Servers = [Id("_web.0"), Id("_web.2"), Id("_web.1")] }.ApplyTo(site));
        site = new DisableRules { Names = ["web"] }.ApplyTo(Site);
        Assert.False(site.Rules[0].Enabled);
        Assert.Equal(Site, new EnableRules { All = true }.ApplyTo(site));
        Assert.Empty(new DeleteRules { All = true }.ApplyTo(Site).Rules);
        Assert.Empty(new DeleteRules { Names = ["web"] }.ApplyTo(Site).Rules);
    }

    [Fact]
    public void The_last_server_may_go_while_a_rule_uses_its_group_and_numbers_go_on()
    {
        var site = Remove("web", "_web.0", "_web.1", "_web.2").ApplyTo(Site);
        Assert.Empty(site.ServerGroups[0].Servers);
        Assert.Empty(site.Validate());
        Assert.Equal(site, new EnableRules { Names = ["web"] }.ApplyTo(site));
        site = new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.1") }.ApplyTo(site);
        Assert.Equal(3u, site.ServerGroups[0].Servers[0].Number);
    }

    [Fact]
    public void A_group_that_is_created_again_begins_its_numbers_anew()
    {
        var site = new DeleteServerGroup { Name = "web" }.ApplyTo(Site with { Rules = [] });
        site = new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.9") } }.ApplyTo(site);
        Assert.Equal(0u, site.ServerGroups[^1].Servers[0].Number);
    }

    [Fact]
    public void A_group_that_no_rule_uses_is_deleted() => Assert.Equal([Web], new DeleteServerGroup { Name = "empty" }.ApplyTo(Site).ServerGroups);

    [Fact]
    public void Rules_may_share_a_VIP_if_port_or_protocol_differ()
    {
        var site = new CreateRule { Rule = WebRule with { Name = "udp", Protocol = Protocol.Udp } }.ApplyTo(Site);
        site = new CreateRule { Rule = WebRule with { Name = "other", Ports = 81 } }.ApplyTo(site);
        Assert.Equal(["web", "udp", "other"], site.Rules.Select(static rule => rule.Name));
        Assert.Empty(site.Validate());
    }

    [Fact]
    public void Host_names_get_the_address_of_the_groups_family()
    {
        var change = Group("both");
        Assert.Equal(["both"], change.Hosts);
        var resolved = (CreateServerGroup)change.Resolve(Site, Hosts);
        var server = Assert.Single(resolved.ServerGroup.Servers);
        Assert.Equal(("10.0.0.7", "both", 0u), (server.Address!.ToString(), server.Host, server.Number!.Value));
        Assert.Empty(resolved.Hosts);

        resolved = (CreateServerGroup)Group("[2001:db8::1]", "both").Resolve(Site, Hosts);
        Assert.Equal("2001:db8::7", resolved.ServerGroup.Servers[1].Address!.ToString());

        var added = (AddServers)new AddServers { ServerGroup = "web", Servers = [.. ServerSpec.Parse("both")] }.Resolve(Site, Hosts);
        Assert.Equal(("10.0.0.7", 3u), (added.Servers[0].Address!.ToString(), added.Servers[0].Number!.Value));
    }

    [Theory]
    [InlineData("six", "host 'six' has no IPv4 address")]
    [InlineData("none", "host 'none' has no IPv4 address")]
    public void A_host_without_a_fitting_address_is_refused(string host, string message)
    {
        var refused = Assert.Throws<IlbException>(() => new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse(host) }.Resolve(Site, Hosts));
        Assert.Equal((IlbErrorCode.HostNotFound, message), (refused.Code, refused.Message));
    }

    [Fact]
    public void A_resolved_change_gives_the_same_configuration_again()
    {
        var change = new AddServers { ServerGroup = "web", Servers = [.. ServerSpec.Parse("both"), .. ServerSpec.Parse("10.0.0.8")] }.Resolve(Site, Hosts);
        Assert.Equal(change.ApplyTo(Site), change.ApplyTo(Site));
        Assert.Equal(change, change.Resolve(Site, new Dictionary<string, ValueList<IPAddress>>()));
        var removal = (RemoveServers)Remove("web", "10.0.0.2").Resolve(Site, Hosts);
        Assert.Equal("_web.1", removal.Servers[0].ToString());
    }

    private static ServerId Id(string text) => ServerId.Parse(text);

    private static RemoveServers Remove(string group, params string[] servers) =>
        new() { ServerGroup = group, Servers = servers.Select(static text => ServerSelector.Parse(text)).ToValueList() };

    private static CreateServerGroup Group(params string[] specs) =>
        new() { ServerGroup = new ServerGroup { Name = "g", Servers = specs.SelectMany(ServerSpec.Parse).ToValueList() } };

    private static CreateServerGroup Group(Server server) => new() { ServerGroup = new ServerGroup { Name = "g", Servers = [server] } };
}
