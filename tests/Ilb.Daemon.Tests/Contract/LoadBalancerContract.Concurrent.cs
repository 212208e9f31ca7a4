namespace Ilb.Daemon.Tests;

public abstract partial class LoadBalancerContract
{
    [Fact]
    public async Task Many_callers_at_once_lose_no_change()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var balancer = _home.Connect();
            var seen = new HashSet<string>();
            for (var i = 0; i < 50; i++)
                seen.Add((await balancer.CreateServerGroupAsync(new ServerGroup { Name = $"g{caller}-{i}" })).Version);
            return seen;
        })));
        var present = await Balancer.GetConfigurationAsync();
        Assert.Equal(Enumerable.Range(0, 8).SelectMany(static caller => Enumerable.Range(0, 50).Select(i => $"g{caller}-{i}")).Order(StringComparer.Ordinal),
            present.Configuration.ServerGroups.Select(static group => group.Name).Order(StringComparer.Ordinal));
        Assert.Contains(present.Version, versions.SelectMany(static seen => seen));
    }

    [Fact]
    public async Task Updates_that_race_all_count()
    {
        await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1") });
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            var balancer = _home.Connect();
            for (var i = 0; i < 8; i++)
                await balancer.UpdateAsync(static present => [new SetServers { ServerGroup = "web", Weight = present.FindServerGroup("web")!.Servers[0].Weight + 1 }]);
        })));
        Assert.Equal(49, (await Balancer.GetConfigurationAsync()).Configuration.FindServerGroup("web")!.Servers[0].Weight);
    }

    [Fact]
    public async Task An_update_may_find_nothing_to_do_or_only_plan()
    {
        var before = await Balancer.CreateServerGroupAsync(Web);
        Assert.Null(await Balancer.UpdateAsync(static _ => []));
        var planned = await Balancer.UpdateAsync(static _ => [new DeleteServerGroup { Name = "web" }], new ApplyOptions { DryRun = true, ExpectedVersion = "is not looked at" });
        Assert.Equal(before.Version, planned!.Version);
        Assert.Equal(before.Version, (await Balancer.GetConfigurationAsync()).Version);
    }

    [Fact]
    public async Task Events_begin_with_a_start_and_tell_changes_in_order()
    {
        await using var events = new EventReader(Balancer.GetEventsAsync());
        var started = Assert.IsType<EventsStarted>(await events.NextAsync());
        var created = await Balancer.CreateServerGroupAsync(Web);
        var ruled = await Balancer.CreateRuleAsync(WebRule);
        var first = Assert.IsType<ConfigurationChanged>(await events.NextAsync());
        Assert.Equal((created.Version, "create server group 'web'"), (first.Version, Assert.Single(first.Changes).Split(" with")[0]));
        Assert.Equal(ruled.Version, Assert.IsType<ConfigurationChanged>(await events.NextAsync()).Version);
        Assert.Equal(3, new[] { started.Id, first.Id, "" }.Distinct().Count());
    }

    [Fact]
    public async Task Events_resume_behind_the_one_that_is_named()
    {
        string place;
        await using (var events = new EventReader(Balancer.GetEventsAsync()))
        {
            await events.NextAsync();
            await Balancer.CreateServerGroupAsync(Web);
            place = (await events.NextAsync()).Id;
        }

        await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "b" });
        await using var resumed = new EventReader(Balancer.GetEventsAsync(place));
        Assert.IsType<EventsStarted>(await resumed.NextAsync());
        Assert.Contains("'a'", Assert.IsType<ConfigurationChanged>(await resumed.NextAsync()).Changes[0], StringComparison.Ordinal);
        Assert.Contains("'b'", Assert.IsType<ConfigurationChanged>(await resumed.NextAsync()).Changes[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("another life-7")]
    [InlineData("0123456789ab-1")]
    [InlineData("ä\r\nLast-Event-ID: 1&after=2")]
    [InlineData("")]
    public async Task Events_behind_a_place_that_is_not_known_begin_with_a_loss(string place)
    {
        await Balancer.CreateServerGroupAsync(Web);
        await using var events = new EventReader(Balancer.GetEventsAsync(place));
        Assert.IsType<EventsStarted>(await events.NextAsync());
        Assert.IsType<EventsLost>(await events.NextAsync());
        Assert.IsType<ConfigurationChanged>(await events.NextAsync());
    }

    [Fact]
    public async Task A_watched_configuration_ends_with_the_last_one()
    {
        await using var seen = Balancer.WatchAsync().GetAsyncEnumerator();
        Assert.True(await seen.MoveNextAsync());
        Assert.Equal(Configuration.Empty, seen.Current.Configuration);
        var other = _home.Connect();
        for (var i = 0; i < 20; i++)
            await other.CreateServerGroupAsync(new ServerGroup { Name = $"g{i}" });
        var count = 0;
        do
        {
            Assert.True(await seen.MoveNextAsync().AsTask().WaitAsync(Deadline));
            Assert.True(seen.Current.Configuration.ServerGroups.Count > count);
            count = seen.Current.Configuration.ServerGroups.Count;
        }
        while (count < 20);
    }

    [Fact]
    public async Task A_stream_of_events_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        await using var events = new EventReader(Balancer.GetEventsAsync(null, cancellation.Token));
        await events.NextAsync();
        var next = events.NextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }
}
