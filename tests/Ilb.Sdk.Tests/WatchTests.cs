using System.Net;
using FsCheck.Xunit;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>Programs that follow a configuration, and that change it at the same time.</summary>
public sealed class WatchTests : IDisposable
{
    // News that does not come is a failure, not a test that hangs.
    private static readonly TimeSpan Patience = TimeLimit.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_watch_begins_with_what_is_and_tells_each_change(bool keeps)
    {
        await using var balancer = Open(keeps);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "g0" });
        await using var watch = balancer.WatchAsync().GetAsyncEnumerator();
        Assert.Equal("g0", await NextAsync(watch));
        var next = NextAsync(watch);
        Assert.False(next.IsCompleted);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "g1" });
        Assert.Equal("g0 g1", await next);
        // Neither what only looks nor what changes nothing is news.
        next = NextAsync(watch);
        await balancer.PlanAsync([new DeleteServerGroup { Name = "g0" }]);
        await balancer.ApplyAsync([]);
        await Assert.ThrowsAsync<IlbException>(() => balancer.DeleteServerGroupAsync("g7"));
        await balancer.RespondAsync();
        Assert.False(next.IsCompleted);
        await balancer.DeleteServerGroupAsync("g0");
        Assert.Equal("g1", await next);
    }

    [Fact]
    public async Task A_watch_sees_the_edit_of_a_file_when_it_is_reloaded()
    {
        await using var balancer = Open(keeps: true);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "g0" });
        await using var watch = balancer.WatchAsync().GetAsyncEnumerator();
        await NextAsync(watch);
        await File.WriteAllBytesAsync(_folder.ConfigurationPath, IlbJson.Serialize(new Configuration { ServerGroups = [new ServerGroup { Name = "edited" }] }));
        var next = NextAsync(watch);
        Assert.False(next.IsCompleted);
        await balancer.ReloadAsync();
        Assert.Equal("edited", await next);
    }

    [Fact]
    public async Task A_watcher_that_lagged_behind_more_events_than_are_kept_has_the_last_configuration_next()
    {
        await using var balancer = Open(keeps: true);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1") });
        await using var watch = balancer.WatchAsync().GetAsyncEnumerator();
        await NextAsync(watch);
        // Lists that share few saves, but have an event each.
        await Task.WhenAll(Enumerable.Range(1, EventLog.Capacity + 50).Select(weight => balancer.SetServersAsync(new SetServers { ServerGroup = "web", Weight = weight })));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((await balancer.GetConfigurationAsync()).Version, watch.Current.Version);
    }

    [Fact]
    public async Task A_watch_ends_with_its_load_balancer_and_when_it_is_cancelled()
    {
        var balancer = Open(keeps: true);
        using var cancellation = new CancellationTokenSource();
        await using var watch = balancer.WatchAsync().GetAsyncEnumerator();
        await using var cancelled = balancer.WatchAsync(cancellation.Token).GetAsyncEnumerator();
        await NextAsync(watch);
        await NextAsync(cancelled);
        var (end, stop) = (watch.MoveNextAsync().AsTask(), cancelled.MoveNextAsync().AsTask());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
        await balancer.DisposeAsync();
        Assert.False(await end);
    }

    // Some change, some watch; each version that a watcher sees is newer than the one before, and the last is the last.
    [Property(MaxTest = 10)]
    public async Task No_watcher_misses_where_concurrent_changes_end(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        await using var balancer = TestBalancer.Create(folder.Options with { KeepsKernel = random.Next(2) == 0 }, _ipvs);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1") });
        var (writers, changes) = (random.Next(1, 5), random.Next(1, 15));
        var watching = Enumerable.Range(0, 3).Select(_ => Task.Run(() => WatchUntilAsync(balancer, writers * changes))).ToArray();
        // Each adds one to the same number: none may be lost.
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < changes; i++)
                Assert.NotNull(await balancer.UpdateAsync(static configuration => [new SetServers { ServerGroup = "web", Weight = WeightOf(configuration) + 1 }]));
        })));
        Assert.Equal(writers * changes + 1, WeightOf((await balancer.GetConfigurationAsync()).Configuration));
        foreach (var weights in await Task.WhenAll(watching).WaitAsync(Patience))
            Assert.Equal(weights.Distinct().Order(), weights);
    }

    [Fact]
    public async Task A_plan_changes_nothing()
    {
        await using var balancer = Open(keeps: true);
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:8080") });
        var before = (await File.ReadAllTextAsync(_folder.ConfigurationPath), _ipvs.Text);
        var plan = await balancer.PlanAsync([new CreateRule { Rule = new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } }]);
        Assert.Equal(["add service TCP 192.0.2.1:80 (wrr)", "add destination 10.0.0.1:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)"], plan.Steps.Select(static step => step.ToString()));
        Assert.False(plan.Converged);
        Assert.Equal(before, (await File.ReadAllTextAsync(_folder.ConfigurationPath), _ipvs.Text));
        await Assert.ThrowsAsync<IlbException>(() => balancer.PlanAsync([new DeleteRules { Names = ["web"] }]));
    }

    private static async Task<List<int>> WatchUntilAsync(LoadBalancer balancer, int changes)
    {
        var weights = new List<int>();
        await foreach (var snapshot in balancer.WatchAsync())
        {
            weights.Add(WeightOf(snapshot.Configuration));
            if (weights[^1] == changes + 1)
                break;
        }

        return weights;
    }

    private static int WeightOf(Configuration configuration) => configuration.ServerGroups[0].Servers[0].Weight;

    private static async Task<string> NextAsync(IAsyncEnumerator<ConfigurationSnapshot> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        return string.Join(' ', watch.Current.Configuration.ServerGroups.Select(static group => group.Name));
    }

    private LoadBalancer Open(bool keeps) => TestBalancer.Create(_folder.Options with { KeepsKernel = keeps }, _ipvs);
}
