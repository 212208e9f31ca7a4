using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>What rules need beside their services, and when it comes and goes.</summary>
public sealed class CompanionTests : IDisposable
{
    private static readonly IPAddress Vip = IPAddress.Parse("192.0.2.1");
    private static readonly Rule Range = new() { Name = "range", Vip = Vip, Ports = new PortRange(8000, 8010), Topology = Topology.HalfNat, ServerGroup = "g" };
    private static readonly ServerGroup Group = new() { Name = "g", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2") };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly InMemorySurroundings _beside = new();

    public void Dispose()
    {
        _ipvs.Dispose();
        _beside.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_range_of_ports_is_marked_and_one_service_takes_the_mark()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        var result = await balancer.CreateRuleAsync(Range);
        Assert.True(result.Converged);
        Assert.Equal(
            """
            add service FWM 65536 (wrr)
            add destination 10.0.0.1:0 of service FWM 65536 (HALF-NAT, weight 1)
            add destination 10.0.0.2:0 of service FWM 65536 (HALF-NAT, weight 1)
            add packet filter for marks
            add mark of TCP 192.0.2.1:8000-8010 (0x00010000/0xffff0000)
            """,
            string.Join('\n', result.Steps));
        Assert.Equal(["add packet filter for marks; add mark of TCP 192.0.2.1:8000-8010 (0x00010000/0xffff0000)"], _beside.Log);
        Assert.Equal(1u, (await balancer.GetConfigurationAsync()).Configuration.Rules[0].Number);
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
    }

    [Fact]
    public async Task What_a_dry_run_shows_is_what_is_done_and_then_nothing_is_left_to_do()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        var rule = Range with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.100-10.0.0.101"), Interface = "eth0", NatTimeout = TimeSpan.FromMinutes(2) };
        _beside.Settings["TCP"] = "900 s";
        _beside.Settings["net/ipv4/vs/conntrack"] = "0";
        var planned = await balancer.ApplyAsync([new CreateRule { Rule = rule }], new ApplyOptions { DryRun = true });
        Assert.Empty(_beside.Log);
        var done = await balancer.CreateRuleAsync(rule);
        Assert.Equal(planned.Steps, done.Steps);
        Assert.Equal(
            """
            add packet filter for translated sources
            add translated source of TCP 192.0.2.1:8000-8010 (10.0.0.100-10.0.0.101)
            update setting net.ipv4.vs.conntrack (1)
            update timeout of idle TCP connections (120 s)
            add service FWM 65536 (wrr)
            add destination 10.0.0.1:0 of service FWM 65536 (HALF-NAT, weight 1)
            add destination 10.0.0.2:0 of service FWM 65536 (HALF-NAT, weight 1)
            add packet filter for marks
            add mark of TCP 192.0.2.1:8000-8010 (0x00010000/0xffff0000)
            add address 192.0.2.1 on eth0
            """,
            string.Join('\n', done.Steps));
        Assert.True((await balancer.ApplyAsync([new EnableRules { Names = ["range"] }], new ApplyOptions { DryRun = true })).Converged);
    }

    [Theory]
    [InlineData(Topology.HalfNat, Protocol.Tcp, false, "")]
    [InlineData(Topology.HalfNat, Protocol.Tcp, true, "net.ipv4.vs.expire_quiescent_template (1), net.ipv4.vs.expire_nodest_conn (1)")]
    [InlineData(Topology.Dsr, Protocol.Tcp, false, "net.ipv4.vs.conn_reuse_mode (3)")]
    [InlineData(Topology.Tun, Protocol.Tcp, true, "net.ipv4.vs.expire_quiescent_template (1), net.ipv4.vs.conn_reuse_mode (3), net.ipv4.vs.expire_nodest_conn (1)")]
    [InlineData(Topology.Tun, Protocol.Udp, true, "net.ipv4.vs.expire_quiescent_template (1), net.ipv4.vs.expire_nodest_conn (1)")]
    public async Task A_client_that_uses_its_port_again_is_to_leave_a_server_that_has_left(Topology topology, Protocol protocol, bool isSticky, string settings)
    {
        foreach (var name in (string[])["expire_quiescent_template", "conn_reuse_mode", "expire_nodest_conn"])
            _beside.Settings[$"net/ipv4/vs/{name}"] = name == "conn_reuse_mode" ? "1" : "0";
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        var result = await balancer.CreateRuleAsync(Range with { Ports = 80, Protocol = protocol, Topology = topology, Persistence = isSticky ? new Persistence() : null });
        Assert.Equal(settings.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(static setting => $"update setting {setting}").Order(), result.Steps.Select(static step => step.ToString()).Where(static step => step.StartsWith("update", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task What_goes_goes_the_other_way_round_and_what_was_found_is_put_back()
    {
        _beside.Settings["TCP"] = "900 s";
        _beside.Settings["net/ipv4/vs/conntrack"] = "0";
        await using (var balancer = Open())
        {
            await balancer.CreateServerGroupAsync(Group);
            await balancer.CreateRuleAsync(Range with { Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.0.0.100"), Interface = "eth0", NatTimeout = TimeSpan.FromMinutes(2) });
        }

        // Another process: only what is noted tells what was there.
        await using var other = Open();
        var result = await other.DeleteRulesAsync(["range"]);
        Assert.True(result.Converged);
        Assert.Equal(
            """
            remove address 192.0.2.1 on eth0
            remove mark of TCP 192.0.2.1:8000-8010
            remove packet filter for marks
            remove service FWM 65536
            remove translated source of TCP 192.0.2.1:8000-8010
            remove packet filter for translated sources
            update setting net.ipv4.vs.conntrack (back to 0)
            update timeout of idle TCP connections (back to 900 s)
            """,
            string.Join('\n', result.Steps));
        Assert.False(_beside.HasTable);
        Assert.Equal(
            """
            setting net.ipv4.ip_forward 1
            setting net.ipv4.vs.conntrack 0
            timeout of idle TCP connections 900 s
            """,
            _beside.Text);
    }

    [Fact]
    public async Task A_change_of_one_rule_among_many_is_one_transaction_of_its_own_size()
    {
        await using var balancer = Open(keeps: true);
        await balancer.CreateServerGroupAsync(Group);
        await balancer.ApplyAsync([.. Enumerable.Range(0, 1000).Select(static i => new CreateRule { Rule = Range with { Name = $"r{i}", Vip = IPAddress.Parse($"192.0.{i / 250}.{(i % 250) + 1}") } })]);
        _beside.Log.Clear();
        _ipvs.Operations.Clear();
        var reads = _beside.FilterReads;
        await balancer.SetRuleAsync(new SetRule { Name = "r500", Ports = new PortRange(9000, 9005) });
        Assert.Equal(["update mark of TCP 192.0.2.1:9000-9005 (0x01f50000/0xffff0000)"], _beside.Log);
        Assert.Empty(_ipvs.Operations);
        Assert.Equal(reads, _beside.FilterReads);
    }

    [Fact]
    public async Task An_address_that_was_there_before_is_never_removed()
    {
        var address = new OwnedAddress { Interface = "eth0", Address = Vip };
        _beside.Objects[address.Id] = address;
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range with { Interface = "eth0" });
        await balancer.DeleteRulesAsync(["range"]);
        Assert.Contains("address 192.0.2.1 on eth0", _beside.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_two_rules_want_goes_with_the_last_of_them()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range with { Interface = "eth0" });
        await balancer.CreateRuleAsync(Range with { Name = "b", Ports = 80, Interface = "eth0" });
        await balancer.DeleteRulesAsync(["range"]);
        Assert.Contains("address", _beside.Text, StringComparison.Ordinal);
        await balancer.DisableRulesAsync(["b"]);
        Assert.DoesNotContain("address", _beside.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_others_have_changed_since_is_left_to_them()
    {
        _beside.Settings["net/ipv4/ip_forward"] = "0";
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range);
        var setting = (KernelSetting)_beside.Objects["setting net/ipv4/ip_forward"];
        _beside.Objects[setting.Id] = setting with { Value = "2" };
        await balancer.DeleteRulesAsync(["range"]);
        Assert.Contains("ip_forward 2", _beside.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_longest_timeout_that_a_rule_asks_for_is_the_kernels()
    {
        _beside.Settings["TCP"] = "900 s";
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range with { NatTimeout = TimeSpan.FromSeconds(60) });
        await balancer.CreateRuleAsync(Range with { Name = "b", Ports = 80, NatTimeout = TimeSpan.FromSeconds(300) });
        Assert.Contains("connections 300 s", _beside.Text, StringComparison.Ordinal);
        await balancer.DeleteRulesAsync(["b"]);
        Assert.Contains("connections 60 s", _beside.Text, StringComparison.Ordinal);
        await balancer.DeleteRulesAsync(["range"]);
        Assert.Contains("connections 900 s", _beside.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_nftables_a_rule_that_needs_it_is_refused_and_others_work()
    {
        _beside.NoFilter = new IlbException(IlbErrorCode.KernelUnavailable, "no nftables here");
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(Range));
        Assert.Equal((IlbErrorCode.KernelUnavailable, "no nftables here"), (refused.Code, refused.Message));
        Assert.Empty((await balancer.GetConfigurationAsync()).Configuration.Rules);
        Assert.True((await balancer.CreateRuleAsync(Range with { Ports = 80 })).Converged);
    }

    // An engine that looks at the kernel only now and then has not looked at the packet filter yet.
    [Fact]
    public async Task Without_nftables_an_engine_that_keeps_the_kernel_refuses_too()
    {
        _beside.NoFilter = new IlbException(IlbErrorCode.KernelUnavailable, "no nftables here");
        var options = _folder.Options with { KeepsKernel = true, AuditInterval = TimeSpan.FromDays(1) };
        await using var balancer = TestBalancer.Create(options, _ipvs, surroundings: _beside);
        await balancer.CreateServerGroupAsync(Group);
        Assert.True((await balancer.CreateRuleAsync(Range with { Name = "one", Ports = 80 })).Converged);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(Range));
        Assert.Equal((IlbErrorCode.KernelUnavailable, "no nftables here"), (refused.Code, refused.Message));
        Assert.Equal(["one"], (await balancer.GetConfigurationAsync()).Configuration.Rules.Select(static rule => rule.Name));
        Assert.True((await balancer.DisableRulesAsync(["one"])).Converged);
    }

    // A configuration that was made on another kernel.
    [Fact]
    public async Task Without_nftables_a_saved_rule_that_needs_it_is_told_at_each_start_and_can_be_deleted()
    {
        await using (var elsewhere = Open())
        {
            await elsewhere.CreateServerGroupAsync(Group);
            await elsewhere.CreateRuleAsync(Range with { Enabled = false });
        }

        var text = await File.ReadAllTextAsync(_folder.Options.ConfigurationPath!, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.Options.ConfigurationPath!, text.Replace("\"enabled\": false", "\"enabled\": true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        _beside.NoFilter = new IlbException(IlbErrorCode.KernelUnavailable, "no nftables here");
        var options = _folder.Options with { KeepsKernel = true, AuditInterval = TimeSpan.FromDays(1) };
        for (var start = 0; start < 2; start++)
        {
            await using var kept = TestBalancer.Create(options, _ipvs, surroundings: _beside);
            var result = await kept.ApplyAsync([]);
            Assert.Equal(["no nftables here"], result.Steps.Select(static step => step.Failure?.Message).OfType<string>());
        }

        await using var balancer = TestBalancer.Create(options, _ipvs, surroundings: _beside);
        Assert.False((await balancer.ApplyAsync([])).Converged);
        Assert.True((await balancer.DeleteRulesAsync(["range"])).Converged);
        Assert.Empty((await balancer.GetConfigurationAsync()).Configuration.Rules);
    }

    [Fact]
    public async Task Where_nftables_is_gone_what_cannot_be_taken_away_is_a_step_that_fails()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range);
        _beside.NoFilter = new IlbException(IlbErrorCode.KernelUnavailable, "no nftables here");
        var result = await balancer.DisableRulesAsync(["range"]);
        Assert.Equal(["no nftables here"], result.Steps.Select(static step => step.Failure?.Message).OfType<string>().Distinct());
        Assert.Equal("", _ipvs.Text);
        // Looked at again, it is the same.
        Assert.False((await balancer.ApplyAsync([])).Converged);
        _beside.NoFilter = null;
        Assert.True((await balancer.ApplyAsync([])).Converged);
        Assert.False(_beside.HasTable);
    }

    [Fact]
    public async Task A_table_of_somebody_else_is_left_alone()
    {
        _beside.IsDamaged = true;
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(Range));
        Assert.Equal(IlbErrorCode.ForeignService, refused.Code);
        Assert.Empty(_beside.Log);
    }

    [Fact]
    public async Task A_table_of_ours_that_others_have_changed_is_made_anew_with_all_that_is_wanted()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range);
        await balancer.CreateRuleAsync(Range with { Name = "b", Vip = IPAddress.Parse("192.0.2.2") });
        var before = _beside.Text;
        _beside.IsDamaged = true;
        _beside.Objects.Remove("mark 1");
        _beside.Log.Clear();
        Assert.True((await balancer.EnableRulesAsync(["b"])).Converged);
        Assert.Equal(before, _beside.Text);
        Assert.StartsWith("anew: ", Assert.Single(_beside.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Withdrawal_takes_everything_away_and_the_next_change_puts_it_back()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range with { Interface = "eth0" });
        var before = (_ipvs.Text, _beside.Text);
        await balancer.WithdrawAsync();
        Assert.Equal(("", "setting net.ipv4.conf.*.send_redirects 0\nsetting net.ipv4.ip_forward 1", false), (_ipvs.Text, _beside.Text, _beside.HasTable));
        Assert.True((await balancer.ApplyAsync([])).Converged);
        Assert.Equal(before, (_ipvs.Text, _beside.Text));
    }

    [Fact]
    public async Task A_step_that_fails_stops_no_other_and_is_tried_again()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        _beside.Refuse = static operation => operation.Object is OwnedAddress ? new IlbException(IlbErrorCode.NotFound, "no such interface") : null;
        var result = await balancer.CreateRuleAsync(Range with { Interface = "eth9" });
        Assert.False(result.Converged);
        Assert.Equal(["add address 192.0.2.1 on eth9"], result.Steps.Where(static step => step.Failure is not null).Select(static step => step.ToString()));
        Assert.Contains("mark of TCP", _beside.Text, StringComparison.Ordinal);
        _beside.Refuse = static _ => null;
        Assert.True((await balancer.ApplyAsync([])).Converged);
        Assert.Contains("address 192.0.2.1 on eth9", _beside.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mark_that_others_give_cannot_be_one_of_ours()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Group);
        await balancer.CreateRuleAsync(Range);
        var marked = new Rule { Name = "m", FirewallMark = new FirewallMark { Mark = 65536 }, Topology = Topology.HalfNat, ServerGroup = "g" };
        Assert.Equal(IlbErrorCode.InUse, (await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(marked))).Code);
        Assert.True((await balancer.CreateRuleAsync(marked with { FirewallMark = new FirewallMark { Mark = 7 } })).Converged);
    }

    [Fact]
    public void A_rule_that_lost_its_number_is_told_and_nothing_crashes() =>
        Assert.Equal(["rules[0].number"], Support.Check(new Configuration { Rules = [Range], ServerGroups = [Group] }, []).Select(static error => error.Path));

    [Fact]
    public async Task More_rules_than_there_are_marks_are_refused()
    {
        await using var balancer = TestBalancer.Create(_folder.Options with { Node = new NodeSettings { Marks = new MarkSettings { Mask = 0x3000 } } }, _ipvs, surroundings: _beside);
        await balancer.CreateServerGroupAsync(Group);
        foreach (var i in Enumerable.Range(1, 3))
            await balancer.CreateRuleAsync(Range with { Name = $"r{i}", Vip = IPAddress.Parse($"192.0.2.{i}") });
        Assert.Equal(IlbErrorCode.LimitExceeded, (await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(Range with { Name = "r4", Vip = IPAddress.Parse("192.0.2.4") }))).Code);
        Assert.Contains("0x00003000/0x00003000", _beside.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_that_are_shifted_have_a_service_each()
    {
        var group = (Group with { Servers = ServerSpec.Parse("10.0.0.1:9000-9002") }).WithNumbers();
        var services = Compiler.Compile(new RuleCase { Rule = Range with { Ports = new PortRange(7000, 7002) }, Group = group }, default);
        Assert.Equal(
            [(7000, 9000), (7001, 9001), (7002, 9002)],
            services.Select(static service => ((int)service.Service.Key.Port, (int)service.Destinations[0].Port)));
    }

    [Fact]
    public void Ports_that_become_one_are_a_mark_with_that_port_and_all_ports_are_a_mark_too()
    {
        var group = (Group with { Servers = [.. ServerSpec.Parse("10.0.0.1:80"), .. ServerSpec.Parse("10.0.0.2")] }).WithNumbers();
        foreach (var ports in (PortRange?[])[new PortRange(7000, 7002), null])
        {
            var service = Assert.Single(Compiler.Compile(new RuleCase { Rule = Range with { Ports = ports, Number = 3 }, Group = group }, default));
            Assert.Equal(IpvsServiceKey.ForFirewallMark(0x30000, AddressFamily.InterNetwork), service.Service.Key);
            Assert.Equal([80, 0], service.Destinations.Select(static destination => (int)destination.Port));
        }
    }

    private LoadBalancer Open(bool keeps = false) => TestBalancer.Create(_folder.Options with { KeepsKernel = keeps }, _ipvs, surroundings: _beside);
}
