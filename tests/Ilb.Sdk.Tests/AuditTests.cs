using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Among many rules a live engine looks only at what its changes are about, and at all of the kernel now and then.</summary>
public sealed class AuditTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:8080") };
    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Between_audits_a_change_looks_only_at_its_own_rules()
    {
        await using var balancer = await OpenWithManyAsync();
        var (lists, reads) = (_ipvs.Lists, _ipvs.DestinationReads);
        var found = new List<ushort>();
        _ipvs.OnFind = key => found.Add(key.Port);
        await balancer.SetRuleAsync(new SetRule { Name = "r7", Algorithm = Algorithm.LeastConnections });
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "other" });
        await balancer.DeleteRulesAsync(["r8"]);
        Assert.Equal([7, 8], found);
        // Of the rule that goes: whether it has connections.
        Assert.Equal((lists, reads + 2), (_ipvs.Lists, _ipvs.DestinationReads));
    }

    [Fact]
    public async Task What_others_took_away_is_put_back_by_the_first_change_after_the_interval()
    {
        await using var balancer = await OpenWithManyAsync();
        var whole = _ipvs.Text;
        Remove(9);
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Empty((await balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" })).Steps);
        Assert.NotEqual(whole, _ipvs.Text);
        _time.Advance(TimeSpan.FromTicks(1));
        var healed = await balancer.CreateServerGroupAsync(new ServerGroup { Name = "b" });
        Assert.Equal(["r9", "r9", "r9"], healed.Steps.Select(static step => step.Rule));
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task Of_few_rules_a_change_finds_services_that_are_gone_and_after_the_interval_servers_too()
    {
        await using var balancer = Open(_folder, _ipvs, TimeSpan.FromSeconds(10));
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateRule { Rule = WebRule }, new CreateRule { Rule = WebRule with { Name = "other", Ports = 81 } }]);
        var whole = _ipvs.Text;
        Remove(80);
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveDestination { Service = Key(81), Address = IPAddress.Parse("10.0.0.1"), Port = 8080 }));
        var first = await balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        Assert.All(first.Steps, static step => Assert.Equal("web", step.Rule));
        Assert.NotEqual(whole, _ipvs.Text);
        _time.Advance(TimeSpan.FromSeconds(10));
        var second = await balancer.CreateServerGroupAsync(new ServerGroup { Name = "b" });
        Assert.Equal("other", Assert.Single(second.Steps).Rule);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task An_interval_of_zero_looks_with_every_change()
    {
        await using var balancer = await OpenWithManyAsync(TimeSpan.Zero);
        var whole = _ipvs.Text;
        Remove(9);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task After_a_step_that_failed_the_next_change_looks_at_everything()
    {
        await using var balancer = await OpenWithManyAsync();
        var whole = _ipvs.Text;
        _ipvs.Refuse = static _ => 12;
        Assert.False((await balancer.SetRuleAsync(new SetRule { Name = "r7", Algorithm = Algorithm.LeastConnections })).Converged);
        _ipvs.Refuse = static _ => 0;
        Remove(9);
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveDestination { Service = Key(5), Address = IPAddress.Parse("10.0.0.1"), Port = 8080 }));
        Assert.True((await balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" })).Converged);
        Assert.Equal(whole.Replace("192.0.2.1:7 wrr", "192.0.2.1:7 lc", StringComparison.Ordinal), _ipvs.Text);
    }

    [Fact]
    public async Task A_state_that_somebody_deleted_makes_the_next_change_look_at_everything()
    {
        await using var balancer = await OpenWithManyAsync();
        var whole = _ipvs.Text;
        Remove(9);
        Directory.Delete(_folder.File("run"), recursive: true);
        var result = await balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        Assert.Equal(99, result.Steps.Count(static step => step.Action == StepAction.Adopt));
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task A_file_that_was_edited_is_compared_rule_by_rule()
    {
        await using var balancer = await OpenWithManyAsync();
        var text = await File.ReadAllTextAsync(_folder.ConfigurationPath);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, text.Replace("\"ports\": 7,", "\"ports\": 7777,", StringComparison.Ordinal));
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        Assert.Contains("TCP 192.0.2.1:7777 wrr", _ipvs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("TCP 192.0.2.1:7 ", _ipvs.Text, StringComparison.Ordinal);
    }

    [RandomWalk(15, 30)]
    public async Task Whatever_changes_the_kernel_holds_what_a_fresh_look_would_give_it(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var ipvs = new InMemoryIpvs();
        Assert.True(ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(9999), Scheduler = "sed" } }));
        await using var balancer = Open(folder, ipvs, TimeSpan.FromSeconds(10));
        await balancer.ApplyAsync(Many());
        for (var i = 0; i < 15; i++)
        {
            var configuration = (await balancer.GetConfigurationAsync()).Configuration;
            // All at once would leave few rules, of which all are looked at.
            if (RandomChange.One(random, configuration) is not (ReplaceAll or DeleteServerGroup { Name: "web" }) and var change)
                _ = await Record.ExceptionAsync(() => balancer.ApplyAsync(change));
        }

        var expected = new InMemoryIpvs();
        Assert.True(expected.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(9999), Scheduler = "sed" } }));
        var wanted = Compiler.Compile((await balancer.GetConfigurationAsync()).Configuration);
        foreach (var planned in Planner.Plan(wanted, new Dictionary<IpvsServiceKey, Observation>(), new HashSet<IpvsServiceKey>(), new HashSet<IpvsServiceKey>()).Operations)
            Assert.True(expected.Do(planned.Operation));
        Assert.Equal(expected.Text, ipvs.Text);
    }

    private static ValueList<Change> Many() =>
        [new CreateServerGroup { ServerGroup = Web }, .. Enumerable.Range(1, 100).Select(static port => new CreateRule { Rule = WebRule with { Name = $"r{port}", Ports = port } })];

    private static IpvsServiceKey Key(ushort port) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), port);

    private void Remove(ushort port) => Assert.True(_ipvs.Do(new IpvsOperation.RemoveService { Service = Key(port) }));

    private async Task<LoadBalancer> OpenWithManyAsync(TimeSpan? interval = null)
    {
        var balancer = Open(_folder, _ipvs, interval ?? TimeSpan.FromSeconds(10));
        Assert.True((await balancer.ApplyAsync(Many())).Converged);
        return balancer;
    }

    // The file's own lock is waited for by the real clock: a process that another test starts inherits it for a moment.
    private LoadBalancer Open(TemporaryFolder folder, InMemoryIpvs ipvs, TimeSpan interval) => TestBalancer.Create(
        folder.Options with { ConfigurationPath = null, Store = new FileConfigurationStore(folder.ConfigurationPath), TimeProvider = _time, AuditInterval = interval }, ipvs);
}
