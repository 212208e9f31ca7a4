using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>It owns only what it made, whatever happens between two steps.</summary>
public sealed class OwnershipTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:8080") };
    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };
    private static readonly IpvsService Same = new() { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80), Scheduler = "wrr" };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_service_of_others_that_is_just_as_a_new_rule_wants_it_is_a_clash()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        MakeSameService();
        string before = _ipvs.Text;
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(WebRule));
        Assert.Equal(IlbErrorCode.ForeignService, refused.Code);
        Assert.Equal(before, _ipvs.Text);
        Assert.Empty((await balancer.GetConfigurationAsync()).Configuration.Rules);
    }

    [Fact]
    public async Task A_service_of_others_with_the_same_servers_is_taken_over_in_place_if_asked()
    {
        await using (var balancer = Open())
        {
            await balancer.CreateServerGroupAsync(Web);
            MakeSameService();
            _ipvs.Do(new IpvsOperation.UpdateService { Service = Same with { Scheduler = "rr" } });
            var result = await balancer.CreateRuleAsync(WebRule, new ApplyOptions { Adopt = true });
            Assert.Equal([StepAction.Adopt, StepAction.Update], result.Steps.Select(static step => step.Action));
            Assert.True(result.Converged);
        }

        Assert.Equal("TCP 192.0.2.1:80 -> 10.0.0.1:8080 Masquerading 1 0 0\nTCP 192.0.2.1:80 -> 10.0.0.2:8080 Masquerading 1 0 0\nTCP 192.0.2.1:80 wrr None", _ipvs.Text);
        await using var next = Open();
        await next.DeleteRulesAsync(["web"]);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task A_service_of_others_with_other_servers_stays_a_clash_even_if_asked()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web with { Servers = ServerSpec.Parse("10.0.0.1-10.0.0.3:8080") });
        MakeSameService();
        string before = _ipvs.Text;
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(WebRule, new ApplyOptions { Adopt = true }));
        Assert.Equal(IlbErrorCode.ForeignService, refused.Code);
        Assert.Equal(before, _ipvs.Text);
    }

    [Fact]
    public async Task A_service_that_came_in_the_place_of_ours_is_taken_over_if_asked()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        _ipvs.Refuse = operation => operation is IpvsOperation.AddService ? 17 : 0;
        await balancer.CreateRuleAsync(WebRule);
        _ipvs.Refuse = static _ => 0;
        MakeSameService();
        Assert.False((await balancer.ApplyAsync([])).Converged);
        Assert.Equal([StepAction.Adopt], (await balancer.ApplyAsync([], new ApplyOptions { Adopt = true })).Steps.Select(static step => step.Action));
        Assert.True((await balancer.ApplyAsync([])).Converged);
    }

    [Fact]
    public async Task A_service_that_others_made_first_does_not_get_our_servers()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        _ipvs.Refuse = operation => operation is IpvsOperation.AddService && _ipvs.Do(new IpvsOperation.AddService { Service = Same with { Scheduler = "nq" } }) ? 17 : 0;
        var result = await balancer.CreateRuleAsync(WebRule);
        Assert.Equal([IlbErrorCode.AlreadyExists, IlbErrorCode.AlreadyExists, IlbErrorCode.AlreadyExists], result.Steps.Select(static step => step.Failure!.Code));
        Assert.Equal("TCP 192.0.2.1:80 nq None", _ipvs.Text);
    }

    [Fact]
    public async Task A_service_of_which_the_kernel_did_not_say_whether_it_was_made_is_ours()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        _ipvs.Refuse = operation => _ipvs.Do(operation) ? throw new IlbException(IlbErrorCode.Timeout, "no answer") : 0;
        Assert.False((await balancer.CreateRuleAsync(WebRule)).Converged);
        _ipvs.Refuse = static _ => 0;
        Assert.True((await balancer.ApplyAsync([])).Converged);
        await balancer.DeleteRulesAsync(["web"]);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task To_enable_a_rule_puts_right_what_others_did_to_its_servers()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        await balancer.ApplyAsync([.. Enumerable.Range(1, 100).Select(port => new CreateRule { Rule = WebRule with { Name = $"r{port}", Ports = port } })]);
        string whole = _ipvs.Text;
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 7);
        Assert.True(_ipvs.Do(new IpvsOperation.RemoveDestination { Service = key, Address = IPAddress.Parse("10.0.0.1"), Port = 8080 }));
        await balancer.EnableRulesAsync(["r7"]);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task A_file_that_vanished_is_not_taken_for_an_empty_one()
    {
        await using (var balancer = Open())
        {
            await balancer.CreateServerGroupAsync(Web);
            await balancer.CreateRuleAsync(WebRule);
        }

        string forwarded = _ipvs.Text;
        File.Delete(_folder.ConfigurationPath);
        await using var again = Open();
        var refused = await Assert.ThrowsAsync<IlbException>(() => again.CreateServerGroupAsync(new ServerGroup { Name = "fresh" }));
        Assert.Equal(IlbErrorCode.ConfigurationUnreadable, refused.Code);
        Assert.Equal(refused.Message, (await Assert.ThrowsAsync<IlbException>(() => again.GetConfigurationAsync())).Message);
        Assert.Equal(forwarded, _ipvs.Text);
    }

    [Fact]
    public async Task Disposal_waits_for_the_change_under_way_and_ends_those_that_wait()
    {
        var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        var (entered, go) = (new TaskCompletionSource(), new ManualResetEventSlim());
        _ipvs.Refuse = _ =>
        {
            entered.TrySetResult();
            go.Wait(TestContext.Current.CancellationToken);
            return 0;
        };
        var first = Task.Run(() => balancer.CreateRuleAsync(WebRule), TestContext.Current.CancellationToken);
        await entered.Task;
        var second = balancer.CreateServerGroupAsync(new ServerGroup { Name = "late" });
        var disposal = balancer.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        go.Set();
        Assert.True((await first).Converged);
        await disposal;
        // It was there before the disposal, or learns of it: it never hangs, and nothing is half done.
        await Task.WhenAny(second, disposal);
        if (await Record.ExceptionAsync(() => second) is { } late)
            Assert.IsType<ObjectDisposedException>(late);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.CreateServerGroupAsync(new ServerGroup { Name = "later" }));
    }

    [Fact]
    public async Task What_is_ours_stays_ours_if_the_memory_is_lost_and_then_a_save_fails()
    {
        var store = new GatedStore();
        var options = _folder.Options with { ConfigurationPath = null, Store = store };
        await using (var balancer = TestBalancer.Create(options, _ipvs))
        {
            await balancer.CreateServerGroupAsync(Web);
            await balancer.CreateRuleAsync(WebRule);
        }

        File.Delete(Directory.GetFiles(_folder.Options.RuntimeDirectory, "*.state").Single());
        await using var next = TestBalancer.Create(options, _ipvs);
        store.FailingSave = 3;
        await Assert.ThrowsAsync<IlbException>(() => next.CreateServerGroupAsync(Web with { Name = "other" }));
        Assert.True((await next.CreateServerGroupAsync(Web with { Name = "other" })).Converged);
        await next.DeleteRulesAsync(["web"]);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task What_is_in_the_kernel_is_ours_whatever_went_wrong_after()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        _ipvs.Refuse = operation => _ipvs.Do(operation) ? throw new InvalidOperationException("a fault") : 0;
        await Assert.ThrowsAsync<InvalidOperationException>(() => balancer.CreateRuleAsync(WebRule));
        _ipvs.Refuse = static _ => 0;
        Assert.True((await balancer.ApplyAsync([])).Converged);
        await balancer.DeleteRulesAsync(["web"]);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task Servers_that_are_added_while_a_service_is_taken_over_refuse_nobody()
    {
        var store = new GatedStore();
        await using var balancer = TestBalancer.Create(_folder.Options with { ConfigurationPath = null, Store = store }, _ipvs);
        await balancer.CreateServerGroupAsync(Web);
        MakeSameService();
        var entered = store.Close();
        var first = balancer.CreateServerGroupAsync(Web with { Name = "other" });
        await entered;
        var taken = balancer.CreateRuleAsync(WebRule, new ApplyOptions { Adopt = true });
        var added = balancer.AddServersAsync("web", ServerSpec.Parse("10.0.0.3:8080"));
        store.Open();
        await first;
        Assert.Equal([StepAction.Adopt], (await taken).Steps.Select(static step => step.Action));
        Assert.Equal([StepAction.Add], (await added).Steps.Select(static step => step.Action));
    }

    private void MakeSameService()
    {
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = Same }));
        foreach (string address in (string[])["10.0.0.1", "10.0.0.2"])
            Assert.True(_ipvs.Do(new IpvsOperation.AddDestination { Service = Same.Key, Destination = new IpvsDestination { Address = IPAddress.Parse(address), Port = 8080 } }));
    }

    private LoadBalancer Open() => TestBalancer.Create(_folder.Options, _ipvs);
}
