using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>What a load balancer tells of what happens to it, and what it answers to a watchdog and to a farewell.</summary>
public sealed class EngineEventsTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    // An event that does not come is a failure, not a test that hangs.
    private static readonly TimeSpan Patience = TimeLimit.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_list_of_changes_is_one_event_with_the_version_that_came_of_it()
    {
        await using var balancer = await OpenAsync(1);
        await using var events = await ReadAsync(balancer);
        var result = await balancer.ApplyAsync([Create(2), new DeleteRules { Names = ["r1"] }]);
        var changed = await NextAsync<ConfigurationChanged>(events);
        Assert.Equal((result.Version, _time.GetUtcNow()), (changed.Version, changed.Time));
        Assert.Equal(["create rule 'r2'", "delete rule 'r1'"], changed.Changes);
        // Of many, the first.
        await balancer.ApplyAsync([.. Enumerable.Range(3, 25).Select(Create)]);
        changed = await NextAsync<ConfigurationChanged>(events);
        Assert.Equal(21, changed.Changes.Count);
        Assert.Equal("5 more", changed.Changes[^1]);
    }

    [Fact]
    public async Task What_is_refused_only_looked_at_or_changes_nothing_is_no_event()
    {
        await using var balancer = await OpenAsync(1);
        await using var events = await ReadAsync(balancer);
        await Assert.ThrowsAsync<IlbException>(() => balancer.DeleteRulesAsync(["r7"]));
        await balancer.PlanAsync([Create(2)]);
        await balancer.EnableRulesAsync(["r1"]);
        await balancer.ApplyAsync([]);
        await balancer.ReloadAsync();
        await balancer.ApplyAsync([Create(3)]);
        Assert.Equal(["create rule 'r3'"], (await NextAsync<ConfigurationChanged>(events)).Changes);
    }

    [Fact]
    public async Task Lists_that_share_a_save_have_an_event_each_with_the_same_version_also_where_one_between_is_refused()
    {
        var store = new GatedStore();
        await using var balancer = TestBalancer.Create(_folder.Options with { ConfigurationPath = null, Store = store, TimeProvider = _time }, _ipvs);
        await using var events = await ReadAsync(balancer);
        var entered = store.Close();
        var first = balancer.ApplyAsync([new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g1" } }]);
        await entered;
        var second = balancer.ApplyAsync([new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g2" } }]);
        var refused = balancer.ApplyAsync([new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g2" } }]);
        var third = balancer.ApplyAsync([new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g3" } }]);
        store.Open();
        await Task.WhenAll(first, second, third);
        await Assert.ThrowsAsync<IlbException>(() => refused);
        Assert.Equal(
            [((await first).Version, "create server group 'g1'"), ((await second).Version, "create server group 'g2'"), ((await second).Version, "create server group 'g3'")],
            [await ChangeAsync(), await ChangeAsync(), await ChangeAsync()]);

        async Task<(string Version, string)> ChangeAsync() => await NextAsync<ConfigurationChanged>(events) is var changed ? (changed.Version, changed.Changes.Single()) : default;
    }

    [Fact]
    public async Task A_step_that_the_kernel_refuses_is_told_with_its_reason_and_its_success_later()
    {
        await using var balancer = await OpenAsync(1);
        await using var events = await ReadAsync(balancer);
        _ipvs.Refuse = static operation => operation is IpvsOperation.AddService ? 12 : 0;
        await balancer.ApplyAsync([Create(2)]);
        await NextAsync<ConfigurationChanged>(events);
        var failed = await NextAsync<KernelStepFailed>(events);
        Assert.Equal(("add service TCP 192.0.2.1:2 (wrr)", "r2", 12), (failed.Step.ToString(), failed.Step.Rule, failed.Step.Failure!.Errno));
        var server = await NextAsync<KernelStepFailed>(events);
        Assert.Equal("add destination 10.0.0.1:8080 of service TCP 192.0.2.1:2 (HALF-NAT, weight 1)", server.Step.ToString());
        // Again, and told again.
        await AdvanceAsync(balancer, TimeSpan.FromSeconds(1.25));
        Assert.Equal([failed.Step, server.Step], [(await NextAsync<KernelStepFailed>(events)).Step, (await NextAsync<KernelStepFailed>(events)).Step]);
        _ipvs.Refuse = static _ => 0;
        await AdvanceAsync(balancer, TimeSpan.FromSeconds(2.5));
        var corrected = await NextAsync<KernelCorrected>(events);
        Assert.Equal(("add service TCP 192.0.2.1:2 (wrr)", true), (corrected.Step.ToString(), corrected.IsRetry));
    }

    [Fact]
    public async Task What_others_did_to_the_kernel_is_told_when_it_is_put_right()
    {
        await using var balancer = await OpenAsync(2);
        await using var events = await ReadAsync(balancer);
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveService { Service = Key(1) }));
        Assert.True(_ipvs.Do(new IpvsOperation.UpdateDestination { Service = Key(2), Destination = new IpvsDestination { Address = IPAddress.Parse("10.0.0.1"), Port = 8080, Weight = 7 } }));
        await AdvanceAsync(balancer, Interval);
        KernelCorrected[] corrected = [await NextAsync<KernelCorrected>(events), await NextAsync<KernelCorrected>(events)];
        Assert.Equal([(StepAction.Add, "r1", false), (StepAction.Update, "r2", false)], corrected.Select(static it => (it.Step.Action, it.Step.Rule, it.IsRetry)).Order());
        // Whole, there is nothing to tell.
        await AdvanceAsync(balancer, Interval);
        await balancer.ApplyAsync([Create(3)]);
        await NextAsync<ConfigurationChanged>(events);
    }

    [Fact]
    public async Task A_kernel_that_cannot_be_read_is_told_once_and_once_that_it_can_be()
    {
        await using var balancer = await OpenAsync(1);
        await using var events = await ReadAsync(balancer);
        _ipvs.Broken = new IlbException(IlbErrorCode.Timeout, "a call hangs");
        for (var i = 0; i < 3; i++)
            await AdvanceAsync(balancer, Interval);
        _ipvs.Broken = null;
        for (var i = 0; i < 3; i++)
            await AdvanceAsync(balancer, Interval);
        Assert.Equal("a call hangs", (await NextAsync<KernelUnreadable>(events)).Reason);
        await NextAsync<KernelReadable>(events);
        await balancer.ApplyAsync([Create(2)]);
        await NextAsync<ConfigurationChanged>(events);
    }

    [Fact]
    public async Task A_reload_is_told_or_its_refusal_with_the_reasons()
    {
        await using var balancer = await OpenAsync(1);
        await using var events = await ReadAsync(balancer);
        await EditAsync("\"ports\": 1,", "\"prots\": 1,");
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.ReloadAsync());
        Assert.Equal(refused.Errors, (await NextAsync<ReloadRefused>(events)).Errors);
        await EditAsync("\"prots\": 1,", "\"ports\": 5,");
        var reloaded = await balancer.ReloadAsync();
        Assert.Equal(reloaded.Version, (await NextAsync<ConfigurationReloaded>(events)).Version);
        Assert.Equal(reloaded.Version, (await balancer.GetConfigurationAsync()).Version);
    }

    [Fact]
    public async Task An_edit_that_means_the_same_is_taken_by_the_reload_too()
    {
        await using var balancer = await OpenAsync(1);
        await using var events = await ReadAsync(balancer);
        await EditAsync("\"ports\": 1,", "\"ports\":   1,");
        Assert.Equal(IlbErrorCode.ConfigurationEdited, (await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync([Create(2)]))).Code);
        var reloaded = await balancer.ReloadAsync();
        Assert.Equal((true, 0), (reloaded.Converged, reloaded.Steps.Count));
        Assert.Equal(reloaded.Version, (await NextAsync<ConfigurationReloaded>(events)).Version);
        Assert.Equal(reloaded.Version, (await balancer.GetConfigurationAsync()).Version);
        await balancer.ApplyAsync([Create(2)]);
    }

    [Fact]
    public async Task An_edit_that_a_load_balancer_takes_unasked_is_told()
    {
        await using var balancer = await OpenAsync(1, keeps: false);
        await using var events = await ReadAsync(balancer);
        await EditAsync("\"ports\": 1,", "\"ports\": 5,");
        var edited = await balancer.GetConfigurationAsync();
        await balancer.ApplyAsync([Create(2)]);
        Assert.Equal(edited.Version, (await NextAsync<ConfigurationReloaded>(events)).Version);
        await NextAsync<ConfigurationChanged>(events);
    }

    [Fact]
    public async Task Withdrawn_the_kernel_holds_only_what_others_made_until_the_next_change()
    {
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(9999), Scheduler = "sed" } }));
        var foreign = _ipvs.Text;
        await using var balancer = await OpenAsync(2);
        var (whole, present) = (_ipvs.Text, await balancer.GetConfigurationAsync());
        Assert.Equal(["remove service TCP 192.0.2.1:1", "remove service TCP 192.0.2.1:2"], (await balancer.WithdrawAsync()).Select(static step => step.ToString()).Order());
        Assert.Equal(foreign, _ipvs.Text);
        Assert.Equal(present, await balancer.GetConfigurationAsync());
        // It is not healed, and twice is once.
        await AdvanceAsync(balancer, 2 * Interval);
        Assert.Empty(await balancer.WithdrawAsync());
        Assert.Equal(foreign, _ipvs.Text);
        Assert.True((await balancer.ApplyAsync([])).Converged);
        Assert.Equal(whole, _ipvs.Text);
        // And kept again.
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveService { Service = Key(1) }));
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task What_another_program_left_is_withdrawn_too()
    {
        await using (await OpenAsync(2))
        {
        }

        await using var balancer = Open(keeps: true);
        Assert.Equal(2, (await balancer.WithdrawAsync()).Count);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task A_withdrawal_that_the_kernel_refuses_says_what_stayed_and_the_next_takes_it()
    {
        await using var balancer = await OpenAsync(2);
        await using var events = await ReadAsync(balancer);
        _ipvs.Refuse = static operation => operation is IpvsOperation.RemoveService { Service.Port: 1 } ? 1 : 0;
        var steps = await balancer.WithdrawAsync();
        Assert.Equal((2, "remove service TCP 192.0.2.1:1"), (steps.Count, Assert.Single(steps, static step => step.Failure is not null).ToString()));
        Assert.Equal("r1", (await NextAsync<KernelStepFailed>(events)).Step.Rule ?? "r1");
        _ipvs.Refuse = static _ => 0;
        Assert.Single(await balancer.WithdrawAsync());
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task A_withdrawal_from_a_kernel_that_cannot_be_read_is_refused()
    {
        await using var balancer = await OpenAsync(1);
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "no ip_vs");
        Assert.Same(_ipvs.Broken, await Assert.ThrowsAsync<IlbException>(() => balancer.WithdrawAsync()));
        _ipvs.Broken = null;
        Assert.Single(await balancer.WithdrawAsync());
    }

    [Fact]
    public async Task A_watchdog_has_its_answer_behind_what_is_under_way()
    {
        var store = new GatedStore();
        var balancer = TestBalancer.Create(_folder.Options with { ConfigurationPath = null, Store = store, TimeProvider = _time }, _ipvs);
        await balancer.RespondAsync();
        var entered = store.Close();
        var change = balancer.CreateServerGroupAsync(new ServerGroup { Name = "g" });
        await entered;
        using var cancellation = new CancellationTokenSource();
        var (answer, cancelled) = (balancer.RespondAsync(), balancer.RespondAsync(cancellation.Token));
        Assert.False(answer.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        store.Open();
        await answer;
        Assert.True(change.IsCompleted || (await change).Converged);
        await balancer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.RespondAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.WithdrawAsync());
    }

    private static CreateRule Create(int port) =>
        new() { Rule = new Rule { Name = $"r{port}", Vip = IPAddress.Parse("192.0.2.1"), Ports = port, Topology = Topology.HalfNat, ServerGroup = "web" } };

    private static IpvsServiceKey Key(ushort port) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), port);

    private static async Task<IAsyncEnumerator<LoadBalancerEvent>> ReadAsync(LoadBalancer balancer)
    {
        var events = balancer.GetEventsAsync().GetAsyncEnumerator();
        await NextAsync<EventsStarted>(events);
        return events;
    }

    // The next event; another kind than the expected fails.
    private static async Task<T> NextAsync<T>(IAsyncEnumerator<LoadBalancerEvent> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        return Assert.IsType<T>(events.Current);
    }

    private async Task EditAsync(string before, string after)
    {
        var text = await File.ReadAllTextAsync(_folder.ConfigurationPath);
        Assert.Contains(before, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, text.Replace(before, after, StringComparison.Ordinal));
    }

    private async Task AdvanceAsync(LoadBalancer balancer, TimeSpan time)
    {
        _time.Advance(time);
        for (var i = 0; i < 3; i++)
            await balancer.RespondAsync();
    }

    private async Task<LoadBalancer> OpenAsync(int rules, bool keeps = true)
    {
        var balancer = Open(keeps);
        Assert.True((await balancer.ApplyAsync([
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:8080") } }, .. Enumerable.Range(1, rules).Select(Create)])).Converged);
        return balancer;
    }

    private LoadBalancer Open(bool keeps) => TestBalancer.Create(_folder.Options with { TimeProvider = _time, AuditInterval = Interval, KeepsKernel = keeps }, _ipvs);
}
