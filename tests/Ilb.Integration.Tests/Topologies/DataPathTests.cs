using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>Checks that go by the way of the traffic, with real servers that lack now one thing and now another.</summary>
public sealed class DataPathTests : IAsyncLifetime
{
    private const int Web = 80;
    private const int Other = 8080;
    private const string Setting = "net.ipv4.conf.eth0.accept_local";

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
        await Lab.InAsync("lb", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=1");
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
            Assert.Equal("1", (await Lab.InAsync("lb", "sysctl", "-n", Setting)).Trim());

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
            Assert.Equal("0", (await Lab.InAsync("lb", "sysctl", "-n", Setting)).Trim());
            await balancer.ApplyAsync([new DeleteRules { All = true }], cancellationToken: Cancellation);
        }

        Assert.Equal(before, await LookAsync());
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
        await Lab.InAsync("lb", "sysctl", "-a", "--pattern", "accept_local|send_redirects|ip_forward$"));
}
