using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>The engine keeps what leads the probes of DSR and TUN servers, and only as long as somebody probes.</summary>
public sealed class ProbingTests : IDisposable
{
    private const string First = "FWM 2147418112";

    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2") };
    private static readonly HealthCheck Check = new() { Name = "tcp", Test = new TcpTest() };

    private static readonly Rule WebRule = new()
    {
        Name = "web",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.Dsr,
        ServerGroup = "web",
        Health = new RuleHealth { Check = "tcp" },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly InMemorySurroundings _surroundings = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedServers _servers;

    public ProbingTests()
    {
        _servers = new SimulatedServers(_time);
        _surroundings.Settings["net/ipv4/conf/eth0/accept_local"] = "0";
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Probes_go_for_the_VIP_by_the_mark_of_their_server_from_the_balancers_own_address()
    {
        await using var balancer = await OpenAsync();
        await PassAsync(balancer, 60);
        var tests = _servers.Begun.Select(static begun => begun.Probe).Where(static probe => probe.Test is TcpTest).DistinctBy(static probe => probe.Mark).ToArray();
        Assert.Equal(
            [("10.0.0.1", "192.0.2.1", "10.0.0.254", First), ("10.0.0.2", "192.0.2.1", "10.0.0.254", "FWM 2147352576")],
            tests.Select(static probe => ($"{probe.Target.Server}", $"{probe.Address}", $"{probe.Source}", $"FWM {probe.Mark}")).Order());
        Assert.All(_servers.Begun.Where(static begun => begun.Probe.Test is PingTest), static begun => Assert.Equal((0u, begun.Probe.Target.Server), (begun.Probe.Mark, begun.Probe.Address)));
        Assert.Contains("setting net.ipv4.conf.eth0.accept_local 1", _surroundings.Text, StringComparison.Ordinal);

        // They are nobody's own.
        var state = await balancer.GetStateAsync();
        Assert.Equal((KernelState.Complete, 2), (state.Rules[0].Kernel, state.Rules[0].Servers.Count));
        Assert.Equal(2, (await balancer.GetStatisticsAsync()).Rules[0].Servers.Count);
        Assert.True((await balancer.ApplyAsync([], new ApplyOptions { DryRun = true })).Converged);
    }

    [Fact]
    public async Task They_come_and_go_with_the_check_the_server_and_the_rule()
    {
        await using var balancer = await OpenAsync(WebRule with { Health = null });
        Assert.Equal(0, Hidden());
        var result = await balancer.ApplyAsync([new SetRule { Name = "web", Health = WebRule.Health }], new ApplyOptions { DryRun = true });
        Assert.Contains(result.Steps, static step => step.ToString() == $"add service {First} (wrr, ops, for health checks)");
        await balancer.ApplyAsync([new SetRule { Name = "web", Health = WebRule.Health }]);
        Assert.Equal(2, Hidden());
        await balancer.DisableServersAsync([new ServerId { ServerGroup = "web", Number = 0 }]);
        Assert.Equal(1, Hidden());
        await balancer.EnableServersAsync([new ServerId { ServerGroup = "web", Number = 0 }]);
        await balancer.DisableRulesAsync(["web"]);
        Assert.Equal(0, Hidden());
        Assert.DoesNotContain("accept_local 1", _surroundings.Text, StringComparison.Ordinal);
        await balancer.EnableRulesAsync(["web"]);
        await balancer.ApplyAsync([new SetHealthCheck { Name = "tcp", Test = new PingTest() }]);
        Assert.Equal(0, Hidden());
        await balancer.ApplyAsync([new SetHealthCheck { Name = "tcp", Test = new HttpTest() }]);
        Assert.Equal(2, Hidden());
        await balancer.ApplyAsync([new SetRule { Name = "web", Topology = Topology.HalfNat }]);
        Assert.Equal(0, Hidden());
        await balancer.ApplyAsync([new SetRule { Name = "web", Topology = Topology.Tun }, new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.3") }]);
        Assert.Equal(3, Hidden());
        await balancer.WithdrawAsync();
        Assert.Equal("", _ipvs.Text);
        await balancer.ApplyAsync([]);
        Assert.Equal(3, Hidden());
    }

    [Fact]
    public async Task Who_does_not_keep_the_kernel_needs_none_and_takes_away_what_a_dead_daemon_left()
    {
        await using (var daemon = await OpenAsync())
            Assert.Equal(2, Hidden());
        await using var command = TestBalancer.Create(_folder.Options, _ipvs, surroundings: _surroundings);
        Assert.Equal(KernelState.Complete, (await command.GetStateAsync()).Rules[0].Kernel);
        await command.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 2 });
        Assert.Equal(0, Hidden());
        Assert.DoesNotContain("accept_local 1", _surroundings.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_daemon_finds_its_own_again_also_those_that_were_not_noted_in_time()
    {
        await using (var daemon = await OpenAsync())
            Assert.Equal(2, Hidden());
        // As if killed before it noted that all of it is there.
        var state = Directory.GetFiles(_folder.Options.RuntimeDirectory, "*.state").Single();
        await File.WriteAllLinesAsync(state, (await File.ReadAllLinesAsync(state)).Where(static line => !line.StartsWith("settled", StringComparison.Ordinal)).Select(static line => line.Replace("own FWM", "intend FWM", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        _ipvs.Operations.Clear();
        await using var next = await OpenAsync();
        Assert.Empty(_ipvs.Operations);
        // They just go, whatever of the rule itself stays for its connections.
        await next.DeleteRulesAsync(["web"]);
        Assert.Equal(0, Hidden());
    }

    [Fact]
    public async Task After_a_restart_a_mark_never_leads_to_the_server_that_had_it_before()
    {
        await using (var daemon = await OpenAsync())
            await daemon.ApplyAsync([new RemoveServers { ServerGroup = "web", Servers = [ServerSelector.Parse("10.0.0.1")] }, new AddServers { ServerGroup = "web", Servers = ServerSpec.Parse("10.0.0.3") }]);
        await using var next = await OpenAsync();
        _servers.Begun.Clear();
        await PassAsync(next, 60);
        foreach (var probe in _servers.Begun.Select(static begun => begun.Probe).Where(static probe => probe.Mark != 0))
            Assert.Equal([probe.Target.Server], (await ((IForwarder)_ipvs).GetDestinationsAsync([IpvsServiceKey.ForFirewallMark(probe.Mark)], default)).Values.Single().Select(static state => state.Destination.Address));
    }

    [Fact]
    public async Task A_strangers_service_is_told_does_not_stop_the_rule_and_is_never_probed_through()
    {
        var key = IpvsServiceKey.ForFirewallMark(0x7fff0000);
        _ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = key } });
        await using var balancer = Create();
        var result = await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateHealthCheck { HealthCheck = Check }, new CreateRule { Rule = WebRule }]);
        Assert.False(result.Converged);
        Assert.Equal(
            $"rule 'web': the kernel already has a service {First} that somebody else has made (see 'ipvsadm -Ln'): without one of its own server 10.0.0.1 is not checked; remove it there, or give Ilb other bits by marks in node.json",
            Assert.Single(result.Steps, static step => step.Failure is not null).Failure!.Message);
        await PassAsync(balancer, 60);
        var servers = (await balancer.GetStateAsync()).Rules[0].Servers;
        Assert.Equal((ServerHealth.Unknown, ServerHealth.Alive), (servers[0].Health!.Status, servers[1].Health!.Status));
        Assert.StartsWith($"service {First} of the kernel leads the probes of this server", servers[0].Health!.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(_servers.Begun, begun => begun.Probe.Mark == key.FirewallMark);
    }

    [Fact]
    public async Task Where_the_way_is_gone_a_failure_is_not_the_servers()
    {
        await using var balancer = await OpenAsync(interval: TimeSpan.FromDays(1));
        await balancer.ApplyAsync([new SetHealthCheck { Name = "tcp", DefaultPing = false }]);
        await PassAsync(balancer, 60);
        _ipvs.Flush();
        _servers.Set(IPAddress.Parse("10.0.0.1"), ProbeOutcome.Failed("connection refused"));
        await UntilAsync(balancer, static health => health.Reason?.Contains("somebody has taken or changed it", StringComparison.Ordinal) == true);
        Assert.Equal(ServerHealth.Alive, (await balancer.GetStateAsync()).Rules[0].Servers[0].Health!.Status);
        // Put back, it is.
        balancer.AuditInterval = TimeSpan.FromSeconds(1);
        await UntilAsync(balancer, static health => health is { Status: ServerHealth.Dead, Reason: "VIP 192.0.2.1 through the server: connection refused" });
    }

    [Fact]
    public async Task Routes_are_followed_at_each_audit()
    {
        _surroundings.Route = static _ => ProbeRoute.None;
        await using var balancer = await OpenAsync();
        await PassAsync(balancer, 60);
        // Nothing leads there: to probe the server itself says so.
        Assert.All(_servers.Begun, static begun => Assert.Equal((0u, begun.Probe.Target.Server), (begun.Probe.Mark, begun.Probe.Address)));
        _surroundings.Route = static _ => new ProbeRoute { Interface = "eth1" };
        _surroundings.Settings["net/ipv4/conf/eth1/accept_local"] = "0";
        await PassAsync(balancer, 60);
        Assert.Contains("accept_local 1", _surroundings.Text, StringComparison.Ordinal);
        Assert.StartsWith("the balancer has no address on eth1 but VIPs", (await balancer.GetStateAsync()).Rules[0].Servers[0].Health!.Reason, StringComparison.Ordinal);
        _surroundings.Route = static _ => new ProbeRoute { Interface = "eth0", Source = IPAddress.Parse("10.0.0.7") };
        await PassAsync(balancer, 60);
        Assert.Equal(IPAddress.Parse("10.0.0.7"), _servers.Begun[^1].Probe.Source);
        Assert.Contains("setting net.ipv4.conf.eth1.accept_local 0", _surroundings.Text, StringComparison.Ordinal);
        Assert.Contains("setting net.ipv4.conf.eth0.accept_local 1", _surroundings.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task From_another_namespace_servers_are_probed_directly()
    {
        await using var balancer = await OpenAsync(node: new NodeSettings { Probes = new ProbeSettings { NetworkNamespace = "/run/netns/not-there" } });
        await PassAsync(balancer, 60);
        Assert.Equal(0, Hidden());
        Assert.All(_servers.Begun, static begun => Assert.Equal(begun.Probe.Target.Server, begun.Probe.Address));
    }

    [Fact]
    public async Task A_rule_of_another_mark_takes_it_from_the_probes_which_go_on_by_another()
    {
        await using var balancer = await OpenAsync();
        var marked = WebRule with { Name = "marked", Vip = null, Ports = null, Algorithm = Algorithm.SourceHashing, FirewallMark = new FirewallMark { Mark = 0x7fff0000 }, Health = null };
        Assert.True((await balancer.ApplyAsync([new CreateRule { Rule = marked }])).Converged);
        Assert.Equal(2, Hidden());
        _servers.Begun.Clear();
        await PassAsync(balancer, 60);
        Assert.DoesNotContain(_servers.Begun, static begun => begun.Probe.Mark == 0x7fff0000);
        Assert.Equal(2, _servers.Begun.Select(static begun => begun.Probe.Mark).Where(static mark => mark != 0).Distinct().Count());
        Assert.True((await balancer.ApplyAsync([], new ApplyOptions { DryRun = true })).Converged);
    }

    // By changes of all kinds, in lists and alone, committed, refused or only planned, with daemons that come and go: the kernel leads the probes that there are, and nothing else.
    [RandomWalk(20, 60)]
    public bool Whatever_changes_there_is_a_service_for_each_way_that_is_probed_and_no_other(int seed) => WalkAsync(new Random(seed)).GetAwaiter().GetResult();

    private static async Task<bool> WalkAsync(Random random)
    {
        using var folder = new TemporaryFolder();
        var (ipvs, surroundings, time) = (new InMemoryIpvs(), new InMemorySurroundings { Route = static server => new ProbeRoute { Interface = $"eth{server.GetAddressBytes()[3] % 3}", Source = IPAddress.Parse("10.0.0.254") } }, new FakeTimeProvider());
        for (var i = 0; i < 3; i++)
            surroundings.Settings[$"net/ipv4/conf/eth{i}/accept_local"] = "0";
        LoadBalancer Open() => TestBalancer.Create(folder.Options with { KeepsKernel = true, TimeProvider = time }, ipvs, new SimulatedServers(time) { IsNoted = false }, surroundings: surroundings);
        var balancer = Open();
        await balancer.ApplyAsync([
            new CreateHealthCheck { HealthCheck = Check }, new CreateHealthCheck { HealthCheck = Check with { Name = "ping", Test = new PingTest() } },
            .. Enumerable.Range(0, 3).Select(static group => new CreateServerGroup { ServerGroup = new ServerGroup { Name = $"g{group}", Servers = ServerSpec.Parse($"10.0.0.{1 + group}-10.0.0.{3 + group}") } }),
        ]);
        for (var step = 0; step < 40; step++)
        {
            var changes = Enumerable.Range(0, random.Next(1, 4)).Select(_ => AnyChange(random)).ToArray();
            try
            {
                await balancer.ApplyAsync(changes, new ApplyOptions { DryRun = random.Next(5) == 0 });
            }
            catch (IlbException)
            {
                // Refused: such a rule is there already, or is not.
            }

            if (random.Next(10) == 0)
                await balancer.WithdrawAsync();
            if (random.Next(10) == 0)
            {
                await balancer.DisposeAsync();
                balancer = Open();
            }
        }

        await balancer.ApplyAsync([]);
        var configuration = (await balancer.GetConfigurationAsync()).Configuration;
        var wanted = Compilation.Compare(Configuration.Empty, configuration, Runtime.None, default).SelectMany(static change => ProbeWay.Of(change.After)).ToHashSet();
        var found = (await ((IForwarder)ipvs).GetServicesAsync([], default)).Keys.Where(static key => key.FirewallMark != 0 && key.FirewallMark > 0x10000000).ToArray();
        var ways = (await ((IForwarder)ipvs).GetDestinationsAsync(found, default)).Values.Select(static states => states.Single().Destination)
            .Select(static destination => new ProbeWay { Server = destination.Address, Forwarding = destination.Forwarding, Tunnel = destination.Tunnel }).ToArray();
        Assert.Equal(wanted.Count, ways.Length);
        Assert.True(wanted.SetEquals(ways));
        for (var i = 0; i < 3; i++)
        {
            var isNeeded = wanted.Any(way => way.Server.GetAddressBytes()[3] % 3 == i);
            Assert.Equal(isNeeded, surroundings.Text.Contains($"eth{i}.accept_local 1", StringComparison.Ordinal));
        }

        Assert.True((await balancer.ApplyAsync([], new ApplyOptions { DryRun = true })).Converged);
        await balancer.WithdrawAsync();
        Assert.Equal("", ipvs.Text);
        await balancer.DisposeAsync();
        return true;
    }

    private static Change AnyChange(Random random)
    {
        var (name, group, check) = ($"r{random.Next(5)}", $"g{random.Next(3)}", random.Next(3) switch { 0 => null, 1 => "ping", _ => "tcp" });
        var topology = random.Next(3) switch { 0 => Topology.HalfNat, 1 => Topology.Dsr, _ => Topology.Tun };
        return random.Next(8) switch
        {
            0 or 1 or 2 => new CreateRule
            {
                Rule = WebRule with
                {
                    Name = name,
                    Vip = IPAddress.Parse($"192.0.2.{name[1]}"),
                    Ports = random.Next(3) == 0 ? new PortRange(80, 90) : 80,
                    Topology = topology,
                    ServerGroup = group,
                    Health = check is null ? null : new RuleHealth { Check = check, Port = HealthPort.Parse("80") },
                },
            },
            3 => new DeleteRules { Names = [name] },
            4 => new DisableRules { Names = [name] },
            5 => new EnableRules { Names = [name] },
            6 => random.Next(2) == 0 ? new DisableServers { ServerGroup = group } : new EnableServers { ServerGroup = group },
            _ => new SetHealthCheck { Name = "tcp", Test = random.Next(2) == 0 ? new TcpTest() : new ScriptTest { Path = "/bin/true" } },
        };
    }

    // Services of marks, with the scheduler of hidden ones.
    private int Hidden() => _ipvs.Text.Split('\n').Count(static line => line.StartsWith("FWM", StringComparison.Ordinal) && line.EndsWith("wrr None", StringComparison.Ordinal));

    private async Task UntilAsync(LoadBalancer balancer, Func<HealthResult, bool> isSo)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            await PassAsync(balancer, 1);
            if (isSo((await balancer.GetStateAsync()).Rules[0].Servers[0].Health!))
                return;
        }

        Assert.Fail($"it never was so: {(await balancer.GetStateAsync()).Rules[0].Servers[0].Health}");
    }

    private Task PassAsync(LoadBalancer balancer, int seconds) => _time.PassAsync(balancer, seconds);

    private LoadBalancer Create(TimeSpan? interval = null, NodeSettings? node = null) =>
        TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = interval ?? TimeSpan.FromSeconds(10), Node = node }, _ipvs, _servers, surroundings: _surroundings);

    private async Task<LoadBalancer> OpenAsync(Rule? rule = null, TimeSpan? interval = null, NodeSettings? node = null)
    {
        var balancer = Create(interval, node);
        await balancer.ApplyAsync((await balancer.GetConfigurationAsync()).Configuration.Rules.Count > 0
            ? []
            : [new CreateServerGroup { ServerGroup = Web }, new CreateHealthCheck { HealthCheck = Check }, new CreateRule { Rule = rule ?? WebRule }]);
        return balancer;
    }
}
