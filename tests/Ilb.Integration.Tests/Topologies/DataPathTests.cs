using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>Checks that go by the way of the traffic, with real servers that lack now one thing and now another.</summary>
public sealed class DataPathTests : IAsyncLifetime
{
    private const int Web = 80;
    private const int Other = 8080;
    private const string Setting = "ipv4/conf/eth0/accept_local";

    private static readonly HealthCheck[] Checks =
    [
        Every(new HealthCheck { Name = "tcp", Test = new TcpTest { Expect = "s" } }),
        Every(new HealthCheck { Name = "udp", Test = new UdpTest { Send = "?\n", Expect = "s" } }),
        Every(new HealthCheck { Name = "sctp", Test = new SctpTest() }),
        Every(new HealthCheck { Name = "ping", Test = new PingTest() }),
    ];

    private readonly TemporaryFolder _folder = new();
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lab = await LabTopology.CreateAsync(4, Web, Other);

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_lacks_what_traffic_needs_is_dead_until_it_has_it_and_nothing_is_left_in_the_end()
    {
        // The strictest that a machine may be set to.
        Lab.Space("lb").Sysctl(("ipv4/conf/all/rp_filter", "1"), ("ipv4/conf/eth0/rp_filter", "1"));
        var before = await LookAsync();
        await using (var balancer = Open())
        {
            var rules = Rules().ToArray();
            var result = await balancer.ApplyAsync(
                [.. Checks.Select(static check => new CreateHealthCheck { HealthCheck = check }), .. Groups().Select(static group => new CreateServerGroup { ServerGroup = group }), .. rules.Select(static rule => new CreateRule { Rule = rule })],
                cancellationToken: Cancellation);
            Assert.Equal("", string.Join('\n', result.Steps.Where(static step => step.Failure is not null).Select(static step => $"{step}: {step.Failure!.Message}")));
            Assert.True((await balancer.ApplyAsync([], new ApplyOptions { DryRun = true }, Cancellation)).Converged);
            await AllAliveAsync(balancer);
            Assert.All((await balancer.GetStateAsync(Cancellation)).Rules, static rule => Assert.Equal(KernelState.Complete, rule.Kernel));
            // Two servers, two families, by DSR, IPIP and GRE: rules of a protocol each share them.
            Assert.Equal(12, (await HiddenAsync()).Length);
            Assert.Equal("1", Lab.Space("lb").Sysctl(Setting));

            // The VIP of the rules by DSR is not on the second server; nor is the end of its tunnel.
            await Lab.InAsync("s2", "ip", "addr", "del", $"{Lab["VIP1_4"]}/32", "dev", "lo");
            await Lab.InAsync("s2", "ip", "-6", "addr", "del", $"{Lab["VIP1_6"]}/128", "dev", "lo");
            await Lab.InAsync("s2", "ip", "link", "set", "tunl0", "down");
            await Lab.InAsync("s2", "ip", "link", "set", "ip6tnl0", "down");
            await DeadAsync(balancer, "through the server: ", static rule => rule.Tunnel?.Kind != TunnelKind.Gre && rule.Health!.Check != "ping");
            await Lab.InAsync("s2", "ip", "addr", "add", $"{Lab["VIP1_4"]}/32", "dev", "lo");
            await Lab.InAsync("s2", "ip", "-6", "addr", "add", $"{Lab["VIP1_6"]}/128", "dev", "lo", "nodad");
            await Lab.InAsync("s2", "ip", "link", "set", "tunl0", "up");
            await Lab.InAsync("s2", "ip", "link", "set", "ip6tnl0", "up");
            await AllAliveAsync(balancer);

            // By all of that no service of a rule was touched.
            foreach (var rule in (await balancer.GetStatisticsAsync(Cancellation)).Rules)
                Assert.Equal((rule.Rule, 0ul, 0ul), (rule.Rule, rule.Counters!.Connections, rule.Counters.IncomingPackets));
            // And the servers are balanced as ever.
            var answers = await Lab.AskAsync(Enumerable.Repeat((Protocol.Tcp, Lab["VIP1_4"], Web), 2));
            Assert.Equal(["s1:80", "s2:80"], answers.Select(static answer => answer.Split(' ')[0]).Order());

            await balancer.ApplyAsync([new DeleteRules { Names = [.. rules.Where(static rule => rule.Topology == Topology.Dsr).Select(static rule => rule.Name)] }], cancellationToken: Cancellation);
            Assert.Equal(8, (await HiddenAsync()).Length);
            await balancer.ApplyAsync([new SetRule { Name = "TUNGre-v4-TCP", Reset = ["health"] }, new DisableRules { All = true }], cancellationToken: Cancellation);
            Assert.Empty(await HiddenAsync());
            Assert.Equal("0", Lab.Space("lb").Sysctl(Setting));
            await balancer.ApplyAsync([new DeleteRules { All = true }], cancellationToken: Cancellation);
            // What is left of the rules themselves drains.
            await Eventually.HoldsAsync(async () => Assert.Equal(before, await LookAsync()));
        }
    }

    [Fact]
    public async Task What_somebody_takes_away_or_puts_in_the_place_of_a_hidden_service_makes_no_server_dead_and_is_healed_or_told()
    {
        const uint first = 0x7fff0000;
        var (group, rule) = (Groups().First(), Rules().First());
        await using var balancer = Open();
        await Lab.InAsync("lb", "ipvsadm", "-A", "-f", $"{first}", "-s", "rr");
        await Lab.InAsync("lb", "ipvsadm", "-a", "-f", $"{first}", "-r", Lab["SERVER2_4"], "-g");
        var result = await balancer.ApplyAsync([new CreateHealthCheck { HealthCheck = Checks[0] }, new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: Cancellation);
        // Somebody else's service stands in the place of the first server's: that is told, and the rule forwards.
        Assert.False(result.Converged);
        var failure = Assert.Single(result.Steps, static step => step.Failure is not null).Failure!;
        Assert.Equal((IlbErrorCode.ForeignService, true), (failure.Code, failure.Message.Contains($"FWM {first}", StringComparison.Ordinal)));
        Assert.StartsWith("s", Assert.Single(await Lab.AskAsync([(Protocol.Tcp, Lab["VIP1_4"], Web)])), StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () =>
        {
            var servers = (await balancer.GetStateAsync(Cancellation)).Rules[0].Servers;
            Assert.Equal((ServerHealth.Unknown, ServerHealth.Alive), (servers[0].Health!.Status, servers[1].Health!.Status));
            Assert.Contains($"service FWM {first} of the kernel leads the probes of this server", servers[0].Health!.Reason, StringComparison.Ordinal);
        });
        await Lab.InAsync("lb", "ipvsadm", "-D", "-f", $"{first}");
        await AllAliveAsync(balancer);

        // Nobody was ever dead, whatever is done to the hidden services.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var verdicts = new List<string>();
        var events = Task.Run(
            async () =>
            {
                await foreach (var happened in balancer.GetEventsAsync(null, end.Token))
                {
                    if (happened is ServerHealthChanged { To: not ServerHealth.Alive } verdict)
                        verdicts.Add($"{verdict}");
                }
            },
            Cancellation);
        await Lab.InAsync("lb", "ipvsadm", "-D", "-f", $"{first}");
        await Eventually.HoldsAsync(async () => Assert.Equal(2, (await HiddenAsync()).Length));
        await Lab.InAsync("lb", "ipvsadm", "-C");
        await Eventually.HoldsAsync(async () => Assert.Equal(2, (await HiddenAsync()).Length));
        await Lab.InAsync("lb", "ipvsadm", "-e", "-f", $"{first}", "-r", $"{Lab["SERVER1_4"]}:0", "-g", "-w", "0");
        await Eventually.HoldsAsync(async () => Assert.Contains($"-a -f {first} -r {Lab["SERVER1_4"]}:0 -g -w 1", await Lab.InAsync("lb", "ipvsadm", "-Sn"), StringComparison.Ordinal));
        await AllAliveAsync(balancer);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => events);
        Assert.Empty(verdicts);

        // And to the setting.
        Lab.Space("lb").Sysctl((Setting, "0"));
        await Eventually.HoldsAsync(() =>
        {
            Assert.Equal("1", Lab.Space("lb").Sysctl(Setting));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Probes_of_rules_of_many_ports_keep_their_own_way_and_what_a_dead_daemon_left_is_taken_away_by_the_next_command()
    {
        var group = Groups().First();
        var rule = Rules().First() with { Ports = new PortRange(Web, Other), Health = new RuleHealth { Check = "tcp", Port = HealthPort.Parse($"{Other}") } };
        await using (var balancer = Open())
        {
            await balancer.ApplyAsync([new CreateHealthCheck { HealthCheck = Checks[0] }, new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: Cancellation);
            await AllAliveAsync(balancer);
            await Lab.InAsync("s2", "ip", "addr", "del", $"{Lab["VIP1_4"]}/32", "dev", "lo");
            await DeadAsync(balancer, $"VIP {Lab["VIP1_4"]} through the server: timed out after 300 ms connecting", static _ => true);
            Assert.Equal(0ul, (await balancer.GetStatisticsAsync(Cancellation)).Rules[0].Counters!.Connections);
        }

        // Without the daemon nobody probes.
        Assert.Equal(2, (await HiddenAsync()).Length);
        await using var command = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        await command.EnableRulesAsync([rule.Name], cancellationToken: Cancellation);
        Assert.Empty(await HiddenAsync());
        Assert.Equal("0", Lab.Space("lb").Sysctl(Setting));
        Assert.Equal(KernelState.Complete, (await command.GetStateAsync(Cancellation)).Rules[0].Kernel);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task Probes_come_from_the_balancers_own_address_or_the_one_that_node_json_says_or_from_another_namespace(int family)
    {
        var vip = Lab[$"VIP1_{family}"];
        var (own, other, client) = family == 4 ? ("10.77.2.2", "10.77.2.3", "10.77.1.2") : ("fd77:2::2", "fd77:2::3", "fd77:1::2");
        // As an administrator may put it there, and the kernel then takes it as the source of everything.
        await Lab.InAsync("lb", "ip", "addr", "add", $"{vip}/{(family == 4 ? 32 : 128)}", "dev", "eth0");
        var rules = Rules().Where(rule => rule.Vip!.ToString() == vip && rule.Protocol == Protocol.Tcp && rule.Health!.Check == "tcp").Select(static rule => rule with { Interface = null }).ToArray();
        foreach (var (probes, source, hidden) in ((ProbeSettings, string, int)[])
        [
            (new ProbeSettings(), own, 1),
            (new ProbeSettings { NetworkNamespace = Lab.BalancerPath }, own, 1),
            (new ProbeSettings { Sources = [IPAddress.Parse(other)] }, other, 1),
            (new ProbeSettings { NetworkNamespace = $"/run/netns/{Lab.Prefix}client" }, client, 0),
            (new ProbeSettings { NetworkNamespace = $"/run/netns/{Lab.Prefix}client", Sources = [IPAddress.Parse(client)] }, client, 0),
        ])
        {
            if (source == other)
                await Lab.InAsync("lb", "ip", "addr", "add", $"{other}/{(family == 4 ? 24 : 64)}", "dev", "eth0");
            await using var balancer = Open(new NodeSettings { Probes = probes });
            // The server says whom it sees.
            await balancer.ApplyAsync(
            [
                new CreateHealthCheck { HealthCheck = Checks[0] with { Test = new TcpTest { Expect = $"s1:80 {source} " } } },
                new CreateServerGroup { ServerGroup = new ServerGroup { Name = $"g{family}", Servers = [new Server { Address = IPAddress.Parse(Lab[$"SERVER1_{family}"]) }] } },
                .. rules.Select(static rule => new CreateRule { Rule = rule }),
            ], cancellationToken: Cancellation);
            await AllAliveAsync(balancer);
            Assert.Equal(hidden, (await HiddenAsync()).Length);
            await balancer.ApplyAsync([new ReplaceAll { Configuration = Configuration.Empty }], cancellationToken: Cancellation);
        }

        // What cannot be is no fault of the server.
        foreach (var (source, reason) in ((string, string)[])[(family == 4 ? "192.0.2.9" : "2001:db8::9", "is not an address of this machine"), (vip, "is the VIP: give an address that only the balancer has")])
        {
            await using var balancer = Open(new NodeSettings { Probes = new ProbeSettings { Sources = [IPAddress.Parse(source)] } });
            await balancer.ApplyAsync([new CreateHealthCheck { HealthCheck = Checks[0] }, new CreateServerGroup { ServerGroup = Groups().First(group => group.Name == $"g{family}") }, .. rules.Select(static rule => new CreateRule { Rule = rule })], cancellationToken: Cancellation);
            await Eventually.HoldsAsync(async () => Assert.All(
                (await balancer.GetStateAsync(Cancellation)).Rules.SelectMany(static rule => rule.Servers),
                server => Assert.Equal((ServerHealth.Unknown, true, 1), (server.Health!.Status, server.Health.Reason?.Contains(reason, StringComparison.Ordinal), server.EffectiveWeight))));
            await balancer.ApplyAsync([new ReplaceAll { Configuration = Configuration.Empty }], cancellationToken: Cancellation);
        }
    }

    private static HealthCheck Every(HealthCheck check) => check with { Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromMilliseconds(300), Count = 2 };

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private LoadBalancer Open(NodeSettings? node = null) => LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath, KeepsKernel = true, AuditInterval = TimeSpan.FromSeconds(1), Node = node });

    private IEnumerable<ServerGroup> Groups() => ((int[])[4, 6]).Select(family => new ServerGroup { Name = $"g{family}", Servers = [.. new[] { 1, 2 }.Select(number => new Server { Address = IPAddress.Parse(Lab[$"SERVER{number}_{family}"]) })] });

    private IEnumerable<Rule> Rules()
    {
        (int Vip, Topology Topology, Tunnel? Tunnel)[] ways = [(1, Topology.Dsr, null), (2, Topology.Tun, null), (3, Topology.Tun, new Tunnel { Kind = TunnelKind.Gre })];
        foreach (var (vip, topology, tunnel) in ways)
        {
            foreach (var family in (int[])[4, 6])
            {
                foreach (var (protocol, check, ports) in ((Protocol, string, PortRange)[])[(Protocol.Tcp, "tcp", Web), (Protocol.Udp, "udp", Web), (Protocol.Sctp, "sctp", Web), (Protocol.Tcp, "ping", Other)])
                {
                    yield return new Rule
                    {
                        Name = $"{topology.ToText()}{tunnel?.Kind}-v{family}-{(check == "ping" ? check : protocol.ToText())}",
                        Vip = IPAddress.Parse(Lab[$"VIP{vip}_{family}"]),
                        Ports = ports,
                        Protocol = protocol,
                        Topology = topology,
                        Tunnel = tunnel,
                        Interface = "eth0",
                        ServerGroup = $"g{family}",
                        Health = new RuleHealth { Check = check },
                    };
                }
            }
        }
    }

    private static async Task AllAliveAsync(LoadBalancer balancer) => await Eventually.HoldsAsync(async () =>
    {
        foreach (var rule in (await balancer.GetStateAsync(Cancellation)).Rules)
        {
            foreach (var server in rule.Servers)
                Assert.Equal((rule.Rule, server.Server, ServerHealth.Alive, null, 1), (rule.Rule, server.Server, server.Health!.Status, server.Health.Reason, server.EffectiveWeight));
        }
    });

    // The second server in some rules, and nobody else.
    private static async Task DeadAsync(LoadBalancer balancer, string reason, Func<Rule, bool> isDead)
    {
        var rules = (await balancer.GetConfigurationAsync(Cancellation)).Configuration.Rules.ToDictionary(static rule => rule.Name);
        await Eventually.HoldsAsync(async () =>
        {
            foreach (var rule in (await balancer.GetStateAsync(Cancellation)).Rules)
            {
                Assert.Equal((rule.Rule, ServerHealth.Alive), (rule.Rule, rule.Servers[0].Health!.Status));
                var health = rule.Servers[1].Health!;
                Assert.Equal((rule.Rule, isDead(rules[rule.Rule]) ? ServerHealth.Dead : ServerHealth.Alive), (rule.Rule, health.Status));
                if (health.Status == ServerHealth.Dead)
                    Assert.Contains(reason, health.Reason, StringComparison.Ordinal);
            }
        });
    }

    // The hidden services, whose marks go down from 0x7fff0000.
    private async Task<string[]> HiddenAsync() => [.. Lines(await Lab.InAsync("lb", "ipvsadm", "-Sn")).Where(static line => line.StartsWith("-A -f 21", StringComparison.Ordinal))];

    private async Task<string> LookAsync() => string.Join('\n',
        await Lab.InAsync("lb", "nft", "--stateless", "list", "ruleset"),
        await Lab.InAsync("lb", "ipvsadm", "-Sn"),
        await Lab.InAsync("lb", "ip", "-o", "addr"),
        string.Join('\n', ((string[])["all", "default", "lo", "eth0"])
            .SelectMany(static device => new[] { $"{device}/accept_local", $"{device}/send_redirects" })
            .Select(static name => $"ipv4/conf/{name}")
            .Append("ipv4/ip_forward")
            .Select(name => $"{name} = {Lab.Space("lb").Sysctl(name)}")));
}
