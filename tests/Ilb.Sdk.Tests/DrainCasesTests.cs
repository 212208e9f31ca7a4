using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Drains that meet something else: another rule in the place of theirs, a rule that comes and goes, a process that ends, a clock that is set.</summary>
public sealed class DrainCasesTests : DrainFixture
{
    [Fact]
    public async Task A_deadline_stays_one_that_cuts_when_the_rule_has_none_any_more()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await balancer.SetRuleAsync(new SetRule { Name = "web", ConnectionDrain = TimeSpan.Zero });
        await PassAsync(balancer, 29);
        Assert.Equal("0:1 1:0 2:1", Weights());
        Assert.Equal("1", Value("net/ipv4/vs/expire_nodest_conn"));
    }

    [Fact]
    public async Task What_connections_need_stays_when_another_rule_takes_their_place()
    {
        await using var balancer = await OpenAsync(WebRule with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.200"), ConnectionDrain = TimeSpan.FromSeconds(30), Interface = "eth0" });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "green", Servers = ServerSpec.Parse("10.0.0.3") });
        await balancer.DeleteRulesAsync(["web"]);
        await balancer.CreateRuleAsync(WebRule with { Name = "green", ServerGroup = "green", Topology = Topology.Dsr });
        await PassAsync(balancer, 5);
        Assert.Equal("1:0 3:1", Weights());
        Assert.Equal(("1", "1", "1"), (Value("net/ipv4/vs/conntrack"), Value("net/ipv4/ip_forward"), Value("net/ipv4/vs/expire_nodest_conn")));
        Assert.Contains("address 192.0.2.1 eth0", _around.Objects.Keys);
        Assert.Contains("translating", _around.Objects.Keys);
        Assert.Contains("10.0.0.1:8080 Masquerading 0", _ipvs.Text, StringComparison.Ordinal);
        await PassAsync(balancer, 25);
        Assert.Equal("3:1", Weights());
        Assert.Equal(("0", "0", "0"), (Value("net/ipv4/vs/conntrack"), Value("net/ipv4/ip_forward"), Value("net/ipv4/vs/expire_nodest_conn")));
        Assert.DoesNotContain("translating", _around.Objects.Keys);
        Assert.DoesNotContain("address 192.0.2.1 eth0", _around.Objects.Keys);
    }

    [Fact]
    public async Task What_two_rules_left_of_one_service_is_each_its_own_also_after_a_restart()
    {
        await using (var first = await OpenAsync(WebRule with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.200"), ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
            (_connections["10.0.0.1"], _connections["10.0.0.3"]) = ((3, 0), (4, 0));
            await first.CreateServerGroupAsync(new ServerGroup { Name = "green", Servers = ServerSpec.Parse("10.0.0.3") });
            await first.DeleteRulesAsync(["web"]);
            await first.CreateRuleAsync(WebRule with { Name = "green", ServerGroup = "green", Topology = Topology.Dsr });
            await first.DeleteRulesAsync(["green"]);
        }

        var before = _ipvs.Text;
        await using var second = Open();
        await second.ApplyAsync([]);
        Assert.Equal(before, _ipvs.Text);
        Assert.Contains("10.0.0.1:8080 Masquerading 0", before, StringComparison.Ordinal);
        Assert.Contains("10.0.0.3:80 DirectRouting 0", before, StringComparison.Ordinal);
        Assert.Equal("1", Value("net/ipv4/vs/conntrack"));
        Assert.Equal(["green _green.0", "web _web.1"], (await second.GetStateAsync()).Draining.Where(static server => server.ActiveConnections > 0).Select(static server => $"{server.Rule} {server.Server}").Order());
        await PassAsync(second, 30);
        Assert.Equal("3:0", Weights());
        Assert.Equal("0", Value("net/ipv4/vs/conntrack"));
        _connections.Clear();
        await PassAsync(second, 2);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task A_vip_stays_for_its_connections_when_another_rule_gets_the_number_of_theirs()
    {
        await using var balancer = await OpenAsync(WebRule with { Ports = PortRange.Parse("80-90"), Interface = "eth0" });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "green", Servers = ServerSpec.Parse("10.0.0.3") });
        await balancer.DeleteRulesAsync(["web"]);
        await balancer.CreateRuleAsync(WebRule with { Name = "green", Vip = IPAddress.Parse("192.0.2.9"), Ports = PortRange.Parse("80-90"), ServerGroup = "green" });
        await PassAsync(balancer, 5);
        Assert.Equal("1:0 3:1", Weights());
        Assert.Contains("address 192.0.2.1 eth0", _around.Objects.Keys);
        _connections.Clear();
        await PassAsync(balancer, 2);
        Assert.Equal("3:1", Weights());
        Assert.DoesNotContain("address 192.0.2.1 eth0", _around.Objects.Keys);
    }

    [Fact]
    public async Task A_vip_goes_with_its_connections_also_if_their_time_is_over_when_who_watches_starts()
    {
        await using (var first = await OpenAsync(WebRule with { Ports = PortRange.Parse("80-90"), Interface = "eth0", ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
            (_connections["10.0.0.1"], _connections["10.0.0.4"]) = ((3, 0), (4, 0));
            await first.CreateServerGroupAsync(new ServerGroup { Name = "green", Servers = ServerSpec.Parse("10.0.0.3-10.0.0.4") });
            await first.DeleteRulesAsync(["web"]);
            await first.CreateRuleAsync(WebRule with { Name = "green", Vip = IPAddress.Parse("192.0.2.9"), Ports = PortRange.Parse("80-90"), ServerGroup = "green", ConnectionDrain = TimeSpan.FromSeconds(30) });
            await first.DisableServersAsync([ServerId.Parse("_green.1")]);
            await PassAsync(first, 5);
            Assert.Equal("1:0 3:1 4:0", Weights());
            Assert.Contains("address 192.0.2.1 eth0", _around.Objects.Keys);
        }

        _time.Advance(TimeSpan.FromSeconds(60));
        await using var second = Open();
        await second.ApplyAsync([]);
        await PassAsync(second, 2);
        Assert.Equal("3:1", Weights());
        Assert.DoesNotContain("address 192.0.2.1 eth0", _around.Objects.Keys);
    }

    [Fact]
    public async Task A_disabled_server_has_its_deadline_also_when_its_rule_was_disabled_for_a_while()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        await PassAsync(balancer, 10);
        await balancer.DisableRulesAsync(["web"]);
        await PassAsync(balancer, 10);
        await balancer.EnableRulesAsync(["web"]);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 30);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_server_that_is_disabled_already_has_a_deadline_once_its_rule_has_one()
    {
        await using var balancer = await OpenAsync(WebRule);
        _connections["10.0.0.1"] = (3, 0);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        await PassAsync(balancer, 10);
        await balancer.SetRuleAsync(new SetRule { Name = "web", ConnectionDrain = TimeSpan.FromSeconds(30) });
        await PassAsync(balancer, 29);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_server_that_is_removed_and_comes_back_disabled_has_a_deadline()
    {
        await using var balancer = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) });
        _connections["10.0.0.1"] = (3, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await PassAsync(balancer, 10);
        await balancer.ApplyAsync([new AddServers { ServerGroup = "web", Servers = [.. ServerSpec.Parse("10.0.0.1:8080").Select(static server => server with { Enabled = false })] }]);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 30);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_server_that_was_disabled_by_an_edit_while_nobody_watched_has_a_deadline()
    {
        await using (await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
        }

        _connections["10.0.0.1"] = (3, 0);
        var path = _folder.ConfigurationPath;
        var configuration = IlbJson.DeserializeConfiguration(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        var edited = configuration with { ServerGroups = [configuration.ServerGroups[0] with { Servers = configuration.ServerGroups[0].Servers.Select(static server => server.Number == 1 ? server with { Enabled = false } : server).ToValueList() }] };
        await File.WriteAllBytesAsync(path, IlbJson.Serialize(edited), TestContext.Current.CancellationToken);
        await using var second = Open();
        await second.ApplyAsync([]);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(second, 30);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_server_whose_drain_nobody_has_noted_has_its_deadline_from_the_next_command_on()
    {
        async Task CommandAsync()
        {
            await using var balancer = TestBalancer.Create(_folder.Options with { TimeProvider = _time }, _ipvs, surroundings: _around);
            await balancer.ApplyAsync([]);
        }

        await using (var first = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
            _connections["10.0.0.1"] = (3, 0);
            await first.DisableServersAsync([ServerId.Parse("_web.1")]);
        }

        // As if killed between the save and the note.
        var state = Assert.Single(Directory.GetFiles(_folder.File("run"), "*.state"));
        await File.WriteAllLinesAsync(state, File.ReadLines(state).Where(static line => !line.StartsWith("drain ", StringComparison.Ordinal)).ToArray(), TestContext.Current.CancellationToken);
        await CommandAsync();
        _time.Advance(TimeSpan.FromSeconds(20));
        await CommandAsync();
        Assert.Equal("0:1 1:0 2:1", Weights());
        _time.Advance(TimeSpan.FromSeconds(10));
        await CommandAsync();
        Assert.Equal("0:1 2:1", Weights());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_ours_stays_ours_if_somebody_deletes_the_notes_before_a_drain_ends_or_a_verdict_comes(bool isVerdict)
    {
        await using (var first = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
            await first.CreateRuleAsync(WebRule with { Name = "two", Ports = 81, ConnectionDrain = TimeSpan.FromSeconds(30) });
            (_connections["10.0.0.1"], _connections["10.0.0.2"]) = ((3, 0), (4, 0));
            await first.DisableServersAsync([ServerId.Parse("_web.1")]);
            await first.RemoveServersAsync("web", [ServerSelector.Parse("_web.2")]);
            File.Delete(Assert.Single(Directory.GetFiles(_folder.File("run"), "*.state")));
            if (isVerdict)
                await first.JudgeAsync([new OutsideVerdict { Servers = [ServerId.Parse("_web.0")], Rule = "two", Word = OutsideWord.Dead }]);
            else
                _connections.Remove("10.0.0.2");
            await PassAsync(first, 10);
        }

        await using var second = Open();
        Assert.True((await second.SetServersAsync(new SetServers { Servers = [ServerId.Parse("_web.0")], Weight = 7 })).Converged);
        await PassAsync(second, 19);
        Assert.Contains(" 1:0", Weights(), StringComparison.Ordinal);
        await PassAsync(second, 1);
        Assert.Equal(isVerdict ? "0:7" : "0:7 0:7", Weights());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_waits_alone_cuts_a_disabled_server_at_its_deadline(bool isRemoved)
    {
        await using var balancer = TestBalancer.Create(_folder.Options with { TimeProvider = _time }, _ipvs, surroundings: _around);
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateRule { Rule = WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) } }]);
        _connections["10.0.0.1"] = (3, 0);
        var result = isRemoved ? await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]) : await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        var waiting = balancer.WaitForDrainAsync(result, time: _time);
        for (var i = 0; i < 400 && !waiting.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
            await balancer.GetStateAsync();
        }

        Assert.Empty(await waiting);
        Assert.Equal("0:1 2:1", Weights());
    }

    [Fact]
    public async Task A_server_of_a_sorry_group_drains_too()
    {
        await using var balancer = Open();
        await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = Web },
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "sorry", Servers = ServerSpec.Parse("10.0.0.7") } },
            new CreateRule { Rule = WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30), Sorry = new SorryGroup { ServerGroup = "sorry" } } },
        ]);
        _connections["10.0.0.7"] = (3, 0);
        var result = await balancer.DisableServersAsync([ServerId.Parse("_sorry.0")]);
        Assert.Equal("_sorry.0", Assert.Single((await balancer.GetStateAsync()).Draining).Server.ToString());
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(30), Assert.Single(result.Draining).Deadline);
        await PassAsync(balancer, 20);
        Assert.Equal("0:1 1:1 2:1 7:0", Weights());
        await balancer.EnableServersAsync([ServerId.Parse("_sorry.0")]);
        Assert.Empty((await balancer.GetStateAsync()).Draining);
        await PassAsync(balancer, 20);
        Assert.Equal("0:1 1:1 2:1 7:0", Weights());
        await balancer.DisableServersAsync([ServerId.Parse("_sorry.0")]);
        await PassAsync(balancer, 30);
        Assert.Equal("0:1 1:1 2:1", Weights());
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
    }

    [Fact]
    public async Task A_disabled_server_that_is_a_sorry_server_too_is_drained_when_its_time_is_over()
    {
        await using var balancer = Open();
        await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = Web },
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "sorry", Servers = ServerSpec.Parse("10.0.0.1:8080") } },
            new CreateRule { Rule = WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30), Sorry = new SorryGroup { ServerGroup = "sorry" } } },
        ]);
        _connections["10.0.0.1"] = (3, 0);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        Assert.NotEmpty((await balancer.GetStateAsync()).Draining);
        await PassAsync(balancer, 31);
        Assert.Empty((await balancer.GetStateAsync()).Draining);
    }

    [Fact]
    public async Task A_sorry_server_that_serves_has_its_time_also_if_it_was_disabled_in_the_other_group_long_ago()
    {
        await using var balancer = Open();
        await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = Web with { Servers = ServerSpec.Parse("10.0.0.1:8080") } },
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "sorry", Servers = ServerSpec.Parse("10.0.0.1:8080") } },
            new CreateRule { Rule = WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30), Sorry = new SorryGroup { ServerGroup = "sorry" } } },
        ]);
        _connections["10.0.0.1"] = (3, 0);
        await balancer.DisableServersAsync([ServerId.Parse("_web.0")]);
        await PassAsync(balancer, 60);
        Assert.Equal("1:1", Weights());
        await balancer.DeleteRulesAsync(["web"]);
        await PassAsync(balancer, 29);
        Assert.Equal("1:0", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_put_off_a_deadline()
    {
        await using (var first = await OpenAsync(WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) }))
        {
            (_connections["10.0.0.1"], _connections["10.0.0.2"]) = ((3, 0), (4, 0));
            await first.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
            await first.DisableServersAsync([ServerId.Parse("_web.2")]);
        }

        var time = new FakeTimeProvider(_time.GetUtcNow() - TimeSpan.FromDays(3000));
        await using var second = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = time, AuditInterval = TimeSpan.FromSeconds(10) }, _ipvs, surroundings: _around);
        await second.ApplyAsync([]);
        await time.PassAsync(second, 29);
        Assert.Equal("0:1 1:0 2:0", Weights());
        await time.PassAsync(second, 2);
        Assert.Equal("0:1", Weights());
    }

    [Fact]
    public async Task A_clock_that_is_set_back_under_who_watches_does_not_put_off_a_deadline()
    {
        var time = new SetTime();
        await using var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = time, AuditInterval = TimeSpan.FromSeconds(10) }, _ipvs, surroundings: _around);
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateRule { Rule = WebRule with { ConnectionDrain = TimeSpan.FromSeconds(30) } }]);
        (_connections["10.0.0.1"], _connections["10.0.0.2"]) = ((3, 0), (4, 0));
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await balancer.DisableServersAsync([ServerId.Parse("_web.2")]);
        time.Ahead = TimeSpan.FromDays(-3000);
        await time.PassAsync(balancer, 29);
        Assert.Equal("0:1 1:0 2:0", Weights());
        await time.PassAsync(balancer, 12);
        Assert.Equal("0:1", Weights());
    }

    [Fact]
    public async Task One_look_of_an_earlier_drain_does_not_count()
    {
        await using var balancer = await OpenAsync(WebRule);
        _connections["10.0.0.1"] = (1, 0);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        _connections["10.0.0.1"] = (0, 0);
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await balancer.AddServersAsync("web", ServerSpec.Parse("10.0.0.1:8080"));
        Assert.Equal("0:1 1:1 2:1", Weights());
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("10.0.0.1:8080")]);
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 1:0 2:1", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("0:1 2:1", Weights());
    }

    // A clock that somebody sets while its timers go on.
    private sealed class SetTime : FakeTimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
