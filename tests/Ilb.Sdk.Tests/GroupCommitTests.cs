using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>Calls that come while another is being saved share the next save, and know nothing of each other.</summary>
public sealed class GroupCommitTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly GatedStore _store = new();
    private readonly LoadBalancer _balancer;

    public GroupCommitTests() => _balancer = TestBalancer.Create(_folder.Options with { ConfigurationPath = null, Store = _store }, _ipvs);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _balancer.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Changes_that_come_during_a_save_share_the_next_one()
    {
        var first = await BeginAsync();
        var others = Enumerable.Range(0, 20).Select(place => _balancer.CreateServerGroupAsync(Group($"g{place}"))).ToArray();
        _store.Open();
        Assert.Equal("v1", (await first).Version);
        Assert.All(await Task.WhenAll(others), static result => Assert.Equal("v2", result.Version));
        Assert.Equal(2, _store.Saves);
        var groups = await GroupsAsync();
        Assert.Equal(["first", .. Enumerable.Range(0, 20).Select(static place => $"g{place}")], groups);
    }

    [Fact]
    public async Task Each_list_is_refused_for_itself_and_whole_after_those_before_it()
    {
        var first = await BeginAsync();
        var good = _balancer.CreateServerGroupAsync(Group("a"));
        var bad = _balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group("never") }, new DeleteServerGroup { Name = "unknown" }]);
        var twice = _balancer.CreateServerGroupAsync(Group("a"));
        var after = _balancer.ApplyAsync([new DeleteServerGroup { Name = "a" }, new CreateServerGroup { ServerGroup = Group("b") }]);
        _store.Open();
        await Task.WhenAll(first, good, after);
        Assert.Equal((IlbErrorCode.NoSuchServerGroup, "changes[1].name"), (await RefusedAsync(bad)).Errors.Select(static error => (error.Code, error.Path)).Single());
        Assert.Equal(IlbErrorCode.ServerGroupExists, (await RefusedAsync(twice)).Code);
        var groups = await GroupsAsync();
        Assert.Equal(["first", "b"], groups);
        Assert.Equal(2, _store.Saves);
    }

    [Fact]
    public async Task A_clash_refuses_only_the_list_that_brings_it_about()
    {
        await _balancer.CreateServerGroupAsync(Group("web"));
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 81) } }));
        var first = await BeginAsync();
        var good = _balancer.CreateRuleAsync(Rule(80));
        var clash = _balancer.CreateRuleAsync(Rule(81));
        var late = _balancer.CreateRuleAsync(Rule(82));
        _store.Open();
        await first;
        Assert.All((await good).Steps, static step => Assert.Equal("rule80", step.Rule));
        Assert.Equal((2, 2), ((await good).Steps.Count, (await late).Steps.Count));
        var error = Assert.Single((await RefusedAsync(clash)).Errors);
        Assert.Equal((IlbErrorCode.ForeignService, "rules[1].vip"), (error.Code, error.Path));
        Assert.Equal(3, _store.Saves);
    }

    [Fact]
    public async Task A_step_that_fails_is_told_to_all_for_none_has_converged()
    {
        await _balancer.CreateServerGroupAsync(Group("web"));
        var first = await BeginAsync();
        _ipvs.Refuse = static operation => operation is IpvsOperation.AddService { Service.Key.Port: 81 } ? 12 : 0;
        var good = _balancer.CreateRuleAsync(Rule(80));
        var bad = _balancer.CreateRuleAsync(Rule(81));
        _store.Open();
        await first;
        Assert.Equal((false, 4), ((await good).Converged, (await good).Steps.Count));
        Assert.Equal((false, 2), ((await bad).Converged, (await bad).Steps.Count));
    }

    [Fact]
    public async Task A_save_that_fails_fails_all_that_share_it_and_nothing_else()
    {
        var first = await BeginAsync();
        var others = new[] { _balancer.CreateServerGroupAsync(Group("a")), _balancer.CreateServerGroupAsync(Group("b")) };
        _store.FailingSave = 2;
        _store.Open();
        await first;
        foreach (var other in others)
            Assert.Same(_store.Failure, await RefusedAsync(other));
        await _balancer.CreateServerGroupAsync(Group("c"));
        var groups = await GroupsAsync();
        Assert.Equal(["first", "c"], groups);
    }

    [Fact]
    public async Task A_version_is_compared_with_what_those_before_it_saved()
    {
        var first = await BeginAsync();
        var other = _balancer.CreateServerGroupAsync(Group("a"), new ApplyOptions { ExpectedVersion = "v1" });
        var late = _balancer.CreateServerGroupAsync(Group("b"), new ApplyOptions { ExpectedVersion = "v1" });
        var next = _balancer.CreateServerGroupAsync(Group("c"), new ApplyOptions { ExpectedVersion = "v2" });
        _store.Open();
        Assert.Equal(("v1", "v2"), ((await first).Version, (await other).Version));
        var refused = await RefusedAsync(late);
        Assert.Equal((IlbErrorCode.VersionConflict, "the configuration has version v2, not v1: read it again"), (refused.Code, refused.Message));
        Assert.Equal("v3", (await next).Version);
    }

    [Fact]
    public async Task A_dry_run_sees_what_those_before_it_did()
    {
        await _balancer.CreateServerGroupAsync(Group("web"));
        var first = await BeginAsync();
        var made = _balancer.CreateRuleAsync(Rule(80));
        var dry = _balancer.DeleteRulesAsync(["rule80"], new ApplyOptions { DryRun = true });
        var last = _balancer.CreateServerGroupAsync(Group("last"));
        _store.Open();
        await Task.WhenAll(first, made, last);
        Assert.Equal(((await made).Version, "remove service TCP 192.0.2.1:80"), ((await dry).Version, Assert.Single((await dry).Steps).ToString()));
        Assert.Single((await _balancer.GetConfigurationAsync()).Configuration.Rules);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_in_the_queue_changes_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        var first = await BeginAsync();
        var cancelled = _balancer.CreateServerGroupAsync(Group("a"), null, cancellation.Token);
        var other = _balancer.CreateServerGroupAsync(Group("b"));
        await cancellation.CancelAsync();
        // At once, not after the save.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _store.Open();
        await Task.WhenAll(first, other);
        var groups = await GroupsAsync();
        Assert.Equal(["first", "b"], groups);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_before_the_save_is_taken_out_of_it()
    {
        await ManyRulesAsync();
        using var cancellation = new CancellationTokenSource();
        var first = await BeginAsync();
        var cancelled = _balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group("a") }, new CreateRule { Rule = Rule(1) with { ServerGroup = "a" } }], null, cancellation.Token);
        var needs = _balancer.AddServersAsync("a", ServerSpec.Parse("10.0.0.9"));
        var other = _balancer.CreateRuleAsync(Rule(2));
        // While the last is checked, the first is already in.
        _ipvs.OnFind = key =>
        {
            if (key.Port == 2)
                cancellation.Cancel();
        };
        _store.Open();
        await Task.WhenAll(first, other);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(IlbErrorCode.NoSuchServerGroup, (await RefusedAsync(needs)).Code);
        var groups = await GroupsAsync();
        Assert.Equal(["web", "first"], groups);
        Assert.Contains("TCP 192.0.2.1:2 wrr", _ipvs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("TCP 192.0.2.1:1 ", _ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_before_the_save_refuses_nobody()
    {
        await ManyRulesAsync();
        using var cancellation = new CancellationTokenSource();
        var first = await BeginAsync();
        var cancelled = _balancer.CreateServerGroupAsync(Group("a"), null, cancellation.Token);
        var same = _balancer.CreateServerGroupAsync(Group("a"));
        var other = _balancer.CreateRuleAsync(Rule(2));
        _ipvs.OnFind = key =>
        {
            if (key.Port == 2)
                cancellation.Cancel();
        };
        _store.Open();
        await Task.WhenAll(first, other);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal("v3", (await same).Version);
    }

    [Fact]
    public async Task A_call_is_not_refused_for_what_is_not_saved()
    {
        var first = await BeginAsync();
        var made = _balancer.CreateServerGroupAsync(Group("a"));
        var same = _balancer.CreateServerGroupAsync(Group("a"));
        _store.FailingSave = 2;
        _store.Open();
        await first;
        Assert.Same(_store.Failure, await RefusedAsync(made));
        Assert.Same(_store.Failure, await RefusedAsync(same));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_during_its_save_has_its_result()
    {
        using var cancellation = new CancellationTokenSource();
        var entered = _store.Close();
        var change = _balancer.CreateServerGroupAsync(Group("a"), null, cancellation.Token);
        await entered;
        await cancellation.CancelAsync();
        _store.Open();
        Assert.Equal("v1", (await change).Version);
    }

    [Fact]
    public async Task Changes_of_many_callers_are_all_kept()
    {
        await _balancer.CreateServerGroupAsync(Group("web"));
        var callers = Enumerable.Range(1, 16).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
                Assert.True((await _balancer.CreateRuleAsync(Rule((caller * 100) + i))).Converged);
        })).ToArray();
        await Task.WhenAll(callers);
        Assert.Equal(320, (await _balancer.GetConfigurationAsync()).Configuration.Rules.Count);
        Assert.Equal(320, _ipvs.Text.Split('\n').Count(static line => line.EndsWith("wrr None", StringComparison.Ordinal)));
    }

    // A change that stands in its save.
    private async Task<Task<ApplyResult>> BeginAsync()
    {
        var entered = _store.Close();
        var first = _balancer.CreateServerGroupAsync(Group("first"));
        await entered;
        return first;
    }

    private Task<ApplyResult> ManyRulesAsync() => _balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group("web") }, .. Enumerable.Range(1000, 100).Select(static port => new CreateRule { Rule = Rule(port) })]);

    private async Task<string[]> GroupsAsync() => [.. (await _balancer.GetConfigurationAsync()).Configuration.ServerGroups.Select(static group => group.Name)];

    private static Task<IlbException> RefusedAsync(Task<ApplyResult> change) => Assert.ThrowsAsync<IlbException>(() => change);

    private static ServerGroup Group(string name) => new() { Name = name, Servers = ServerSpec.Parse("10.0.0.1") };

    private static Rule Rule(int port) => new() { Name = $"rule{port}", Vip = IPAddress.Parse("192.0.2.1"), Ports = port, Topology = Topology.HalfNat, ServerGroup = "web" };
}
