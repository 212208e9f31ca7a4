using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>What is removed or disabled keeps its connections and gets no new ones, until they end or have had their time.</summary>
public sealed class DrainTests : DrainFixture
{
    private IEnumerable<string> Ids => _around.Objects.Keys;

    [Fact]
    public async Task A_removed_server_keeps_its_connections_and_leaves_when_there_was_none_twice()
    {
        await using var balancer = await OpenAsync();
        _connections["10.0.0.1"] = (3, 9);
        var result = await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        Assert.Equal("0:1 1:0 2:1", Weights());
        var draining = Assert.Single(result.Draining);
        Assert.Equal(("web", "_web.1", 3L, 9L, true, null), (draining.Rule, draining.Server.ToString(), draining.ActiveConnections, draining.InactiveConnections, draining.IsLeaving, draining.Deadline));
        await PassAsync(balancer, 60);
        Assert.Equal("0:1 1:0 2:1", Weights());
        Assert.Equal(draining, Assert.Single((await balancer.GetStateAsync()).Draining));
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
        _connections["10.0.0.1"] = (0, 4);
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
        Assert.Empty((await balancer.GetStateAsync()).Draining);
        Assert.Equal("Server _web.1 of rule 'web' has no connections any more and is gone", Assert.Single(_log.Of("Server ")));
    }

    [Fact]
    public async Task One_look_without_connections_is_not_enough()
    {
        await using var balancer = await OpenAsync();
        _connections["10.0.0.1"] = (1, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        foreach (var active in (uint[])[0, 1, 0, 2, 0])
        {
            _connections["10.0.0.1"] = (active, 0);
            await PassAsync(balancer, 1);
            Assert.Equal("0:1 1:0 2:1", Weights());
        }
    }

    [Fact]
    public async Task At_the_deadline_connections_are_cut()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        Assert.Equal("1", Value("net/ipv4/vs/expire_nodest_conn"));
        _connections["10.0.0.1"] = (3, 0);
        var result = await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(30), Assert.Single(result.Draining).Deadline);
        await PassAsync(balancer, 29);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
        Assert.Equal("Server _web.1 of rule 'web' is gone; its time was over, and connections were cut: 3", Assert.Single(_log.Of("Server ")));
    }

    [Fact]
    public async Task A_disabled_server_stays_without_new_connections_and_is_cut_at_the_deadline_until_it_is_enabled()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 0);
        var result = await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        var draining = Assert.Single(result.Draining);
        Assert.Equal((false, _time.GetUtcNow() + TimeSpan.FromSeconds(30)), (draining.IsLeaving, draining.Deadline));
        await PassAsync(balancer, 29);
        Assert.Equal("0:1 1:0 2:1", Weights());
        Assert.Equal(draining with { Since = _time.GetUtcNow() - TimeSpan.FromSeconds(29) }, Assert.Single((await balancer.GetStateAsync()).Draining));
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
        await balancer.EnableServersAsync([ServerId.Parse("_web.1")]);
        Assert.Equal("0:1 1:1 2:1", Weights());
        await PassAsync(balancer, 60);
        Assert.Equal("0:1 1:1 2:1", Weights());
    }

    [Fact]
    public async Task That_a_disabled_server_loses_its_connections_is_told()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 8);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1"), ServerId.Parse("_web.2")]);
        await PassAsync(balancer, 60);
        Assert.Equal("0:1", Weights());
        Assert.Equal("Server _web.1 of rule 'web' is gone; its time was over, and connections were cut: 3", Assert.Single(_log.Of("Server ")));
    }

    [Fact]
    public async Task A_disabled_server_that_is_removed_too_has_no_more_time_than_it_had()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 8);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        await PassAsync(balancer, 20);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await PassAsync(balancer, 9);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
        // Those that were closed already are not cut.
        Assert.EndsWith("connections were cut: 3", Assert.Single(_log.Of("Server ")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enabled_again_before_the_deadline_nothing_is_cut()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        await PassAsync(balancer, 20);
        await balancer.EnableServersAsync([ServerId.Parse("_web.1")]);
        _ipvs.Operations.Clear();
        await PassAsync(balancer, 60);
        Assert.Empty(_ipvs.Operations);
    }

    [Fact]
    public async Task A_disabled_rule_keeps_its_connections_and_is_enabled_again_without_harm()
    {
        await using var balancer = await OpenAsync(WebRule with { Interface = "eth0" });
        var whole = _ipvs.Text;
        _connections["10.0.0.1"] = (3, 0);
        var result = await balancer.DisableRulesAsync(["web"]);
        Assert.Equal("_web.1", Assert.Single(result.Draining).Server.ToString());
        Assert.Equal("0:0 1:0 2:0", Weights());
        await PassAsync(balancer, 60);
        Assert.Equal("1:0", Weights());
        Assert.Contains("address 192.0.2.1 eth0", Ids);
        Assert.Equal(KernelState.Absent, (await balancer.GetStateAsync()).Rules[0].Kernel);
        await balancer.EnableRulesAsync(["web"]);
        Assert.Equal(whole, _ipvs.Text);
        Assert.Empty((await balancer.GetStateAsync()).Draining);
        await PassAsync(balancer, 60);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task A_deleted_rule_goes_with_its_last_connection_and_what_it_needs_goes_with_it()
    {
        await using var balancer = await OpenAsync(WebRule with { Interface = "eth0", Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.200") });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.DeleteRulesAsync(["web"]);
        await PassAsync(balancer, 60);
        Assert.Equal("1:0", Weights());
        Assert.Equal(["address 192.0.2.1 eth0", "translating"], Ids.Where(static id => !id.StartsWith("setting", StringComparison.Ordinal)).Order());
        Assert.Equal(("1", "1"), (Value("net/ipv4/vs/conntrack"), Value("net/ipv4/ip_forward")));
        Assert.Equal(("web", "_web.1"), Assert.Single((await balancer.GetStateAsync()).Draining.Select(static server => (server.Rule, server.Server.ToString()))));
        _connections.Clear();
        await PassAsync(balancer, 2);
        Assert.Equal("", _ipvs.Text);
        Assert.DoesNotContain(Ids, static id => !id.StartsWith("setting", StringComparison.Ordinal));
        Assert.Equal(("0", "0"), (Value("net/ipv4/vs/conntrack"), Value("net/ipv4/ip_forward")));
    }

    [Fact]
    public async Task A_rule_of_UDP_has_nothing_to_wait_for()
    {
        await using var balancer = await OpenAsync(WebRule with { Protocol = Protocol.Udp });
        Assert.Equal("1", Value("net/ipv4/vs/expire_nodest_conn"));
        _connections["10.0.0.1"] = (0, 5);
        Assert.Empty((await balancer.DisableServersAsync([ServerId.Parse("_web.1")])).Draining);
        Assert.Equal("0:1 2:1", Weights());
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.2")]);
        Assert.Equal("0:1", Weights());
        await balancer.DeleteRulesAsync(["web"]);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task With_a_deadline_UDP_is_waited_for_until_no_entry_is_left()
    {
        await using var balancer = await OpenAsync(WebRule with { Protocol = Protocol.Udp, ConnectionDrain = TimeSpan.FromSeconds(300) });
        _connections["10.0.0.1"] = (0, 5);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await PassAsync(balancer, 60);
        Assert.Equal("0:1 1:0 2:1", Weights());
        _connections.Clear();
        await PassAsync(balancer, 2);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_group_that_is_exchanged_drains_and_who_is_in_both_stays()
    {
        await using var balancer = await OpenAsync();
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "green", Servers = ServerSpec.Parse("10.0.0.2-10.0.0.3:8080") });
        (_connections["10.0.0.1"], _connections["10.0.0.2"]) = ((3, 0), (4, 0));
        var result = await balancer.SetRuleAsync(new SetRule { Name = "web", ServerGroup = "green" });
        Assert.Equal("_web.1", Assert.Single(result.Draining).Server.ToString());
        Assert.Equal("0:0 1:0 2:1 3:1", Weights());
        await PassAsync(balancer, 60);
        Assert.Equal("1:0 2:1 3:1", Weights());
        // And back.
        await balancer.SetRuleAsync(new SetRule { Name = "web", ServerGroup = "web" });
        await PassAsync(balancer, 60);
        Assert.Equal("0:1 1:1 2:1", Weights());
    }

    [Fact]
    public async Task A_rule_that_moves_to_another_port_leaves_its_connections_behind()
    {
        await using var balancer = await OpenAsync();
        _connections["10.0.0.1"] = (3, 0);
        await balancer.SetRuleAsync(new SetRule { Name = "web", Ports = 81 });
        await PassAsync(balancer, 60);
        Assert.Equal(["TCP 192.0.2.1:80 -> 10.0.0.1:8080 Masquerading 0 0 0", "TCP 192.0.2.1:81 -> 10.0.0.1:8080 Masquerading 1 0 0"],
            _ipvs.Text.Split('\n').Where(static line => line.Contains("10.0.0.1:8080", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_drain_goes_on_after_a_restart_of_who_watches_and_ends_at_its_old_deadline()
    {
        await using (var first = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
            (_connections["10.0.0.1"], _connections["10.0.0.2"]) = ((3, 0), (4, 0));
            await first.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
            await first.DisableServersAsync([ServerId.Parse("_web.2")]);
            await PassAsync(first, 10);
        }

        var before = _ipvs.Text;
        await using var second = Open();
        await second.ApplyAsync([]);
        Assert.Equal(before, _ipvs.Text);
        Assert.Equal(["_web.1", "_web.2"], (await second.GetStateAsync()).Draining.Select(static server => server.Server.ToString()).Order());
        await PassAsync(second, 19);
        Assert.Equal("0:1 1:0 2:0", Weights());
        await PassAsync(second, 1);
        Assert.Equal("0:1", Weights());
    }

    [Fact]
    public async Task A_deleted_rule_goes_on_after_a_restart_with_what_it_needs()
    {
        await using (var first = await OpenAsync(WebRule with { Interface = "eth0" }))
        {
            _connections["10.0.0.1"] = (3, 0);
            await first.DeleteRulesAsync(["web"]);
        }

        await using var second = Open();
        await second.ApplyAsync([]);
        await PassAsync(second, 60);
        Assert.Equal("1:0", Weights());
        Assert.Contains("address 192.0.2.1 eth0", Ids);
        _connections.Clear();
        await PassAsync(second, 2);
        Assert.Equal("", _ipvs.Text);
        Assert.DoesNotContain("address 192.0.2.1 eth0", Ids);
    }

    [Fact]
    public async Task Commands_alone_let_go_what_has_no_connections_and_finish_what_others_began()
    {
        async Task CommandAsync(Change? change)
        {
            await using var balancer = TestBalancer.Create(_folder.Options with { TimeProvider = _time }, _ipvs, surroundings: _around);
            await balancer.ApplyAsync(change is null ? [] : [change]);
        }

        await CommandAsync(new CreateServerGroup { ServerGroup = Web });
        await CommandAsync(new CreateRule { Rule = WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) } });
        _connections["10.0.0.1"] = (3, 0);
        await CommandAsync(new RemoveServers { ServerGroup = "web", Servers = [ServerSelector.Parse("_web.0"), ServerSelector.Parse("_web.1")] });
        Assert.Equal("1:0 2:1", Weights());
        await CommandAsync(null);
        Assert.Equal("1:0 2:1", Weights());
        _time.Advance(TimeSpan.FromSeconds(30));
        await CommandAsync(null);
        Assert.Equal("2:1", Weights());
        _connections["10.0.0.2"] = (1, 0);
        await CommandAsync(new DisableServers { Servers = [ServerId.Parse("_web.2")] });
        Assert.Equal("2:0", Weights());
        _time.Advance(TimeSpan.FromSeconds(30));
        await CommandAsync(null);
        Assert.Equal("", Weights());
        await CommandAsync(new EnableServers { Servers = [ServerId.Parse("_web.2")] });
        await CommandAsync(new DeleteRules { Names = ["web"] });
        Assert.Equal("2:0", Weights());
        _connections.Clear();
        await CommandAsync(null);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task What_others_took_away_need_not_be_waited_for()
    {
        await using var balancer = await OpenAsync();
        _connections["10.0.0.1"] = (3, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveDestination { Service = Key, Address = IPAddress.Parse("10.0.0.1"), Port = 8080 }));
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
        Assert.Empty((await balancer.GetStateAsync()).Draining);
    }

    [Fact]
    public async Task A_server_that_cannot_be_taken_away_is_tried_again()
    {
        await using var balancer = await OpenAsync();
        _connections["10.0.0.1"] = (3, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        _connections.Clear();
        _ipvs.Refuse = static operation => operation is IpvsOperation.RemoveDestination ? 12 : 0;
        await PassAsync(balancer, 5);
        Assert.Equal("0:1 1:0 2:1", Weights());
        _ipvs.Refuse = static _ => 0;
        await PassAsync(balancer, 60);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task What_is_withdrawn_does_not_wait()
    {
        await using var balancer = await OpenAsync();
        _connections["10.0.0.1"] = (3, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await balancer.WithdrawAsync();
        Assert.Equal("", _ipvs.Text);
        await balancer.ApplyAsync([]);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_dry_run_tells_who_would_drain_and_changes_nothing()
    {
        await using var balancer = await OpenAsync();
        var whole = _ipvs.Text;
        _connections["10.0.0.1"] = (3, 0);
        var plan = await balancer.ApplyAsync([new DeleteRules { Names = ["web"] }], new ApplyOptions { DryRun = true });
        Assert.Equal("_web.1", Assert.Single(plan.Draining).Server.ToString());
        Assert.Equal(whole, _ipvs.Text);
        Assert.Empty((await balancer.GetStateAsync()).Draining);
    }

    [RandomWalk(20, 60)]
    public async Task Whatever_changes_those_that_leave_go_in_the_end_and_no_connection_is_cut_that_has_time(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var (ipvs, time) = (new InMemoryIpvs(), new FakeTimeProvider());
        ipvs.Connections = static _ => (1, 0);
        var cut = new List<string>();
        // Those of UDP have nothing to wait for.
        ipvs.Refuse = operation =>
        {
            if (operation is IpvsOperation.RemoveDestination { Service.Protocol: not IpvsProtocol.Udp }
                || (operation is IpvsOperation.RemoveService { Service: { Protocol: not IpvsProtocol.Udp } key } && ipvs.Text.Contains($"{key} -> ", StringComparison.Ordinal)))
            {
                cut.Add(operation.ToString()!);
            }

            return 0;
        };
        LoadBalancer Open(bool isDaemon) => TestBalancer.Create(folder.Options with { KeepsKernel = isDaemon, TimeProvider = time, AuditInterval = TimeSpan.FromSeconds(10) }, ipvs);

        var balancer = Open(true);
        for (var i = 0; i < 25; i++)
        {
            var configuration = (await balancer.GetConfigurationAsync()).Configuration;
            _ = await Record.ExceptionAsync(() => balancer.ApplyAsync(RandomChange.One(random, configuration)));
            if (random.Next(4) > 0)
                continue;
            await balancer.DisposeAsync();
            balancer = Open(random.Next(2) == 0);
        }

        await balancer.DisposeAsync();
        await using var last = Open(true);
        await last.ApplyAsync([]);
        Assert.Empty(cut);
        ipvs.Connections = static _ => (0, 0);
        await time.PassAsync(last, 5);

        var expected = new InMemoryIpvs();
        foreach (var planned in Planner.Plan(Compiler.Compile((await last.GetConfigurationAsync()).Configuration), new Dictionary<IpvsServiceKey, Observation>(), new HashSet<IpvsServiceKey>(), new HashSet<IpvsServiceKey>()).Operations)
            Assert.True(expected.Do(planned.Operation));
        Assert.Equal(expected.Text, ipvs.Text);
    }

    private static IpvsServiceKey Key { get; } = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
}
