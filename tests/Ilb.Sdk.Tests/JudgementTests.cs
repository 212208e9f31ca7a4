using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>What the health checks found is brought into the kernel, outlives a restart, and is forgotten with what it was about.</summary>
public sealed class JudgementTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3:8080") };
    private static readonly ServerGroup Sorry = new() { Name = "sorry", Servers = ServerSpec.Parse("10.0.9.1:8080") };
    private static readonly HealthCheck Check = new() { Name = "tcp", Test = new TcpTest() };

    private static readonly Rule WebRule = new()
    {
        Name = "web",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "web",
        Health = new RuleHealth { Check = "tcp" },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedServers _servers;

    public JudgementTests() => _servers = new SimulatedServers(_time) { IsNoted = false };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_dead_server_gets_weight_0_and_its_own_again_when_it_is_back_with_a_message_for_it_alone()
    {
        await using var balancer = await OpenAsync();
        var whole = _ipvs.Text;
        _ipvs.Operations.Clear();
        await JudgeAsync(balancer, "web", 1, false);
        Assert.Equal("1011", Weights());
        await JudgeAsync(balancer, "web", 1, true);
        Assert.Equal(whole, _ipvs.Text);
        Assert.Equal(2, _ipvs.Operations.Count);
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
    }

    [Fact]
    public async Task What_was_found_holds_for_who_comes_next_with_a_daemon_or_without()
    {
        await using (var daemon = await OpenAsync())
            await JudgeAsync(daemon, "web", 2, false);
        await using (var command = TestBalancer.Create(_folder.Options, _ipvs))
        {
            await command.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 5 });
            Assert.Equal("5505", Weights());
            Assert.Equal(KernelState.Complete, (await command.GetStateAsync()).Rules[0].Kernel);
        }

        await using var next = await OpenAsync();
        Assert.Equal("5505", Weights());
        await JudgeAsync(next, "web", 2, true);
        Assert.Equal("5555", Weights());
    }

    [Fact]
    public async Task What_is_disabled_or_gone_begins_anew()
    {
        await using var balancer = await OpenAsync();
        await JudgeAsync(balancer, "web", 0, false);
        await JudgeAsync(balancer, "web", 1, false);
        await balancer.ApplyAsync([new DisableServers { Servers = [Id(0)] }, new EnableServers { Servers = [Id(0)] }]);
        Assert.Equal("0011", Weights());
        await balancer.DisableServersAsync([Id(0)]);
        await balancer.EnableServersAsync([Id(0)]);
        Assert.Equal("1011", Weights());
        await balancer.DisableRulesAsync(["web"]);
        await balancer.EnableRulesAsync(["web"]);
        Assert.Equal("1111", Weights());
        await JudgeAsync(balancer, "web", 3, false);
        await balancer.DeleteRulesAsync(["web"]);
        await balancer.CreateRuleAsync(WebRule);
        Assert.Equal("1111", Weights());
    }

    [Fact]
    public async Task The_sorry_group_comes_and_goes_with_the_quorum()
    {
        await using var balancer = await OpenAsync(WebRule with { Sorry = new SorryGroup { ServerGroup = "sorry", Quorum = 2, Hysteresis = 1 } });
        Assert.Equal("11110", Weights());
        foreach (var (server, isAlive, weights) in ((uint, bool, string)[])[(0, false, "01110"), (1, false, "00110"), (2, false, "00010"), (3, false, "00001"), (3, true, "00001"), (2, true, "00001"), (1, true, "01110")])
        {
            await JudgeAsync(balancer, "web", server, isAlive);
            Assert.Equal(weights, Weights());
            Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
        }

        // A change in between the bounds leaves it as it is.
        await JudgeAsync(balancer, "web", 1, false);
        await balancer.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 3 });
        Assert.Equal("00330", Weights());
    }

    [Fact]
    public async Task That_the_sorry_group_serves_is_told_and_that_it_does_not_any_more()
    {
        await using var balancer = await OpenAsync(WebRule with { Sorry = new SorryGroup { ServerGroup = "sorry", Quorum = 4 } });
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var told = balancer.GetEventsAsync(null, end.Token).OfType<SorryGroupSwitched>().Select(static happened => (happened.Rule, happened.SorryGroup, happened.IsServing)).Take(3).ToArrayAsync(end.Token).AsTask();
        await JudgeAsync(balancer, "web", 0, false);
        await JudgeAsync(balancer, "web", 0, true);
        await balancer.DisableServersAsync([Id(2)]);
        Assert.Equal([("web", "sorry", true), ("web", "sorry", false), ("web", "sorry", true)], await told);
    }

    [Fact]
    public async Task A_sorry_group_of_nobody_takes_nothing_over()
    {
        await using var balancer = await OpenAsync(WebRule with { Sorry = new SorryGroup { ServerGroup = "sorry", Quorum = 4 } });
        await JudgeAsync(balancer, "web", 0, false);
        Assert.Equal("00001", Weights());
        await balancer.DisableServersAsync([new ServerId { ServerGroup = "sorry", Number = 0 }]);
        Assert.StartsWith("0111", Weights(), StringComparison.Ordinal);
        await balancer.RemoveServersAsync("sorry", [ServerSelector.Parse("_sorry.0")]);
        Assert.StartsWith("0111", Weights(), StringComparison.Ordinal);
        await balancer.AddServersAsync("sorry", ServerSpec.Parse("10.0.9.2:8080"));
        Assert.StartsWith("0000", Weights(), StringComparison.Ordinal);
        Assert.EndsWith("1", Weights(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_verdict_asks_the_kernel_nothing_unless_others_have_changed_it_and_then_puts_all_of_the_service_right()
    {
        await using var balancer = await OpenAsync();
        var reads = _ipvs.DestinationReads;
        await JudgeAsync(balancer, "web", 1, false);
        Assert.Equal(reads, _ipvs.DestinationReads);
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveDestination { Service = key, Address = AddressOf(2), Port = 8080 }));
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveDestination { Service = key, Address = AddressOf(3), Port = 8080 }));
        await JudgeAsync(balancer, "web", 2, false);
        Assert.Equal("1001", Weights());
        _ipvs.Flush();
        await JudgeAsync(balancer, "web", 1, true);
        Assert.Equal("1101", Weights());
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
    }

    [Fact]
    public async Task A_verdict_that_the_kernel_refuses_is_brought_there_later()
    {
        await using var balancer = await OpenAsync();
        _ipvs.Refuse = static operation => operation is IpvsOperation.UpdateDestination ? 12 : 0;
        await JudgeAsync(balancer, "web", 1, false);
        Assert.Equal("1111", Weights());
        _ipvs.Refuse = static _ => 0;
        await PassAsync(_time, balancer, 80);
        Assert.Equal("1011", Weights());
        _ipvs.Broken = new IlbException(IlbErrorCode.Timeout, "a call hangs");
        await JudgeAsync(balancer, "web", 2, false);
        _ipvs.Broken = null;
        await PassAsync(_time, balancer, 80);
        Assert.Equal("1001", Weights());
    }

    [Fact]
    public async Task A_check_that_is_changed_is_carried_out_as_it_is_now()
    {
        await using var balancer = await OpenAsync();
        await JudgeAsync(balancer, "web", 1, false);
        Assert.Equal("1011", Weights());
        // Now one success is not enough.
        await balancer.SetHealthCheckAsync(new SetHealthCheck { Name = "tcp", Rise = 1000 });
        await JudgeAsync(balancer, "web", 1, true);
        Assert.Equal("1011", Weights());
        await balancer.SetHealthCheckAsync(new SetHealthCheck { Name = "tcp", Rise = 1 });
        await JudgeAsync(balancer, "web", 1, true);
        Assert.Equal("1111", Weights());
        await JudgeAsync(balancer, "web", 2, false);
        await balancer.SetRuleAsync(new SetRule { Name = "web", Reset = ["health"] });
        Assert.Equal("1111", Weights());
    }

    [Fact]
    public async Task State_and_events_say_what_was_found_and_why()
    {
        await using var balancer = await OpenAsync();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var lost = balancer.GetEventsAsync(null, end.Token).OfType<ServerHealthChanged>().FirstAsync(static happened => happened.To == ServerHealth.Unreachable, end.Token).AsTask();
        await JudgeAsync(balancer, "web", 1, false);
        Assert.Equal("server _web.1 of rule 'web' is unreach: connection refused", (await lost).ToString());
        var state = await balancer.GetStateAsync();
        Assert.True(state.IsChecked);
        Assert.Equal([ServerHealth.Alive, ServerHealth.Unreachable, ServerHealth.Alive, ServerHealth.Alive], state.Rules[0].Servers.Select(static server => server.Health!.Status));
        Assert.Equal("connection refused", state.Rules[0].Servers[1].Health!.Reason);
        await balancer.DisableServersAsync([Id(1)]);
        Assert.Equal(ServerHealth.Disabled, (await balancer.GetStateAsync()).Rules[0].Servers[1].Health!.Status);
        await using var command = TestBalancer.Create(_folder.Options, _ipvs);
        var seen = await command.GetStateAsync();
        Assert.False(seen.IsChecked);
        Assert.Equal(ServerHealth.Disabled, seen.Rules[0].Servers[1].Health!.Status);
    }

    [Fact]
    public async Task A_probe_that_nobody_registered_is_refused_by_its_name()
    {
        await using var balancer = await OpenAsync();
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateHealthCheckAsync(new HealthCheck { Name = "own", Test = new ProductTest { Probe = "queue" } }));
        Assert.Equal((IlbErrorCode.InvalidHealthTest, "health check 'own': no probe 'queue' is registered here"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Thousands_of_verdicts_among_a_thousand_rules_leave_the_kernel_as_the_last_of_them_say()
    {
        var random = new Random(1);
        await using var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromDays(1) }, _ipvs, _servers);
        await balancer.ReplaceAllAsync(new Configuration
        {
            HealthChecks = [Check],
            ServerGroups = Enumerable.Range(0, 1000).Select(static group => new ServerGroup { Name = $"g{group}", Servers = Enumerable.Range(0, 4).Select(server => new Server { Address = Of(group, server), Ports = 8080 }).ToValueList() }).ToValueList(),
            Rules = Enumerable.Range(0, 1000).Select(static rule => WebRule with { Name = $"r{rule}", Ports = rule + 1, ServerGroup = $"g{rule}" }).ToValueList(),
        });
        var dead = new HashSet<IPAddress>();
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 2000; i++)
            {
                var server = Of(random.Next(1000), random.Next(4));
                if (!dead.Remove(server))
                    dead.Add(server);
                _servers.Set(server, dead.Contains(server) ? ProbeOutcome.Failed("connection refused") : ProbeOutcome.Alive(null));
            }

            await PassAsync(_time, balancer, 46);
        }

        Assert.InRange(dead.Count, 100, 3900);
        Assert.Equal(dead.Select(static server => server.ToString()).Order(), _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal) && line.Split(' ')[^3] == "0").Select(static line => line.Split(" -> ")[1].Split(':')[0]).Order());
        Assert.All((await balancer.GetStateAsync()).Rules, static rule => Assert.Equal(KernelState.Complete, rule.Kernel));

        static IPAddress Of(int group, int server) => new([10, (byte)(1 + server), (byte)(group >> 8), (byte)group]);
    }

    [RandomWalk(10, 20)]
    public async Task Whatever_comes_in_whatever_order_the_kernel_holds_what_the_configuration_and_the_last_verdicts_say(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var (ipvs, time) = (new InMemoryIpvs(), new FakeTimeProvider());
        var servers = new SimulatedServers(time) { IsNoted = false };
        await using var balancer = TestBalancer.Create(folder.Options with { KeepsKernel = true, TimeProvider = time, AuditInterval = TimeSpan.FromDays(1) }, ipvs, servers);
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateServerGroup { ServerGroup = Sorry }, new CreateHealthCheck { HealthCheck = Check },
            .. Enumerable.Range(1, 5).Select(port => new CreateRule { Rule = WebRule with { Name = $"r{port}", Ports = port, Sorry = port > 3 ? new SorryGroup { ServerGroup = "sorry", Quorum = 2 } : null } })]);
        for (var i = 0; i < 30; i++)
        {
            var server = (uint)random.Next(4);
            switch (random.Next(6))
            {
                case 0:
                    await balancer.SetServersAsync(new SetServers { Servers = [Id(server)], Weight = random.Next(1, 9) });
                    break;
                case 1:
                    await balancer.DisableServersAsync([Id(server)]);
                    break;
                case 2:
                    await balancer.EnableServersAsync([Id(server)]);
                    break;
                case 3:
                    await balancer.ApplyAsync(random.Next(2) == 0 ? new DisableRules { Names = [$"r{random.Next(1, 6)}"] } : new EnableRules { All = true });
                    break;
                default:
                    servers.Set(AddressOf(server), random.Next(2) == 0 ? ProbeOutcome.Alive(null) : ProbeOutcome.Failed("connection refused"));
                    await PassAsync(time, balancer, random.Next(60));
                    break;
            }
        }

        await PassAsync(time, balancer, 60);
        var (configuration, state) = ((await balancer.GetConfigurationAsync()).Configuration, await balancer.GetStateAsync());
        var runtime = Runtime.None;
        foreach (var rule in state.Rules)
        {
            foreach (var server in rule.Servers.Where(static server => server.Health!.Status is not (ServerHealth.Disabled or ServerHealth.Unknown)))
                runtime = runtime.With(rule.Rule, runtime.Of(rule.Rule).WithVerdict(server.Server.Number, new Verdict { IsAlive = server.Health!.Status == ServerHealth.Alive, Since = default }));
        }

        Assert.All(state.Rules, static rule => Assert.Contains(rule.Kernel, (KernelState[])[KernelState.Complete, KernelState.Absent]));
        var expected = new InMemoryIpvs();
        var wanted = Compilation.Compare(Configuration.Empty, configuration, runtime, default).SelectMany(static change => Compiler.Compile(change.After!, default)).ToDictionary(static service => service.Service.Key);
        foreach (var planned in Planner.Plan(wanted, new Dictionary<IpvsServiceKey, Observation>(), new HashSet<IpvsServiceKey>(), new HashSet<IpvsServiceKey>()).Operations)
            Assert.True(expected.Do(planned.Operation));
        Assert.Equal(expected.Text, ipvs.Text);
    }

    private static IPAddress AddressOf(uint server) => new([10, 0, 0, (byte)server]);

    private static Task PassAsync(FakeTimeProvider time, LoadBalancer balancer, int seconds) => time.PassAsync(balancer, seconds);

    // The server answers so from now on, and every check comes round.
    private async Task JudgeAsync(LoadBalancer balancer, string rule, uint server, bool isAlive)
    {
        Assert.NotEmpty(rule);
        _servers.Set(AddressOf(server), isAlive ? ProbeOutcome.Alive(null) : ProbeOutcome.Failed("connection refused"));
        await PassAsync(_time, balancer, 50);
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private string Weights(string between = "") => string.Join(between, _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[^3]));

    private async Task<LoadBalancer> OpenAsync(Rule? rule = null)
    {
        var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromDays(1) }, _ipvs, _servers);
        if ((await balancer.GetConfigurationAsync()).Configuration.Rules.Count == 0)
            await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateServerGroup { ServerGroup = Sorry }, new CreateHealthCheck { HealthCheck = Check }, new CreateRule { Rule = rule ?? WebRule }]);
        else
            await balancer.ApplyAsync([]);
        await PassAsync(_time, balancer, 2);
        return balancer;
    }
}
