using System.Globalization;
using Moq;

namespace Ilb.Tests;

/// <summary>Changes that are decided by what is there, and plans.</summary>
public sealed class ConfigurationExtensionsTests
{
    private static readonly DeleteServerGroup Change = new() { Name = "web" };
    private static readonly ApplyResult Result = new() { Version = "9", Changes = [], Steps = [], Converged = true };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly Mock<ILoadBalancer> _balancer = new(MockBehavior.Strict);
    private int _version;

    public ConfigurationExtensionsTests() =>
        _balancer.Setup(static it => it.GetConfigurationAsync(It.IsAny<CancellationToken>())).ReturnsAsync(() => Snapshot(++_version));

    [Fact]
    public async Task An_update_is_decided_by_the_configuration_and_applied_to_that_version_only()
    {
        using var cancellation = new CancellationTokenSource();
        _balancer.Setup(it => it.ApplyAsync(new[] { Change }, new ApplyOptions { ExpectedVersion = "1" }, cancellation.Token)).ReturnsAsync(Result);
        var seen = new List<string>();
        Assert.Same(Result, await _balancer.Object.UpdateAsync(Decide(seen), cancellationToken: cancellation.Token));
        Assert.Equal(["g1"], seen);
    }

    [Fact]
    public async Task An_update_for_which_somebody_was_faster_is_decided_anew_by_the_new_configuration()
    {
        Refuse(count: 2);
        _balancer.Setup(static it => it.ApplyAsync(It.IsAny<IReadOnlyList<Change>>(), new ApplyOptions { ExpectedVersion = "3" }, It.IsAny<CancellationToken>())).ReturnsAsync(Result);
        var seen = new List<string>();
        Assert.Same(Result, await _balancer.Object.UpdateAsync(Decide(seen), cancellationToken: Cancellation));
        Assert.Equal(["g1", "g2", "g3"], seen);
    }

    [Fact]
    public async Task An_update_without_changes_does_nothing_also_after_somebody_was_faster()
    {
        Assert.Null(await _balancer.Object.UpdateAsync(static _ => [], cancellationToken: Cancellation));
        Refuse(count: 2);
        Assert.Null(await _balancer.Object.UpdateAsync(static configuration => configuration.ServerGroups[0].Name == "g2" ? [Change] : [], cancellationToken: Cancellation));
        _balancer.Verify(static it => it.ApplyAsync(It.IsAny<IReadOnlyList<Change>>(), It.IsAny<ApplyOptions>(), It.IsAny<CancellationToken>()), Times.Once);
    }

    [Fact]
    public async Task An_update_gives_up_when_others_were_faster_a_hundred_times()
    {
        Refuse(count: int.MaxValue);
        var seen = new List<string>();
        Assert.Equal(IlbErrorCode.VersionConflict, (await Assert.ThrowsAsync<IlbException>(() => _balancer.Object.UpdateAsync(Decide(seen), cancellationToken: Cancellation))).Code);
        Assert.Equal(100, seen.Count);
    }

    [Fact]
    public async Task An_update_that_is_refused_for_another_reason_is_not_tried_again()
    {
        var refusal = new IlbException(IlbErrorCode.NoSuchServerGroup, "no server group 'web'");
        _balancer.Setup(static it => it.ApplyAsync(It.IsAny<IReadOnlyList<Change>>(), It.IsAny<ApplyOptions>(), It.IsAny<CancellationToken>())).ThrowsAsync(refusal);
        var seen = new List<string>();
        Assert.Same(refusal, await Assert.ThrowsAsync<IlbException>(() => _balancer.Object.UpdateAsync(Decide(seen), cancellationToken: Cancellation)));
        Assert.Single(seen);
    }

    [Fact]
    public async Task A_plan_is_a_dry_run()
    {
        using var cancellation = new CancellationTokenSource();
        _balancer.Setup(it => it.ApplyAsync(new[] { Change }, new ApplyOptions { DryRun = true }, cancellation.Token)).ReturnsAsync(Result);
        Assert.Same(Result, await _balancer.Object.PlanAsync([Change], cancellation.Token));
    }

    [Fact]
    public async Task A_watch_tells_the_configuration_anew_where_a_version_is_news_and_at_no_other_event()
    {
        string[] versions = ["1", "2", "2", "3", "3", "4"];
        var reads = 0;
        var balancer = new Mock<ILoadBalancer>(MockBehavior.Strict);
        balancer.Setup(static it => it.GetConfigurationAsync(It.IsAny<CancellationToken>())).ReturnsAsync(() => Snapshot(int.Parse(versions[reads++], CultureInfo.InvariantCulture)));
        balancer.Setup(static it => it.GetEventsAsync(null, It.IsAny<CancellationToken>())).Returns(ToStream(
        [
            new EventsStarted(),
            new ConfigurationChanged { Version = "1", Changes = [] }, // in what was read already
            new KernelReadable(),
            new ConfigurationChanged { Version = "2", Changes = [] },
            new ConfigurationChanged { Version = "2", Changes = [] }, // the other list of the same save
            new EventsLost(),                                         // nothing was missed
            new EventsLost(),
            new ReloadRefused { Errors = [] },
            new ConfigurationReloaded { Version = "3" },
            new EventsLost(),
            new ConfigurationReloaded { Version = "4" },
        ]));
        var seen = new List<string>();
        await foreach (var snapshot in balancer.Object.WatchAsync(Cancellation))
            seen.Add(snapshot.Version);
        Assert.Equal(["1", "2", "3", "4"], seen);
        Assert.Equal(versions.Length, reads);
    }

    private static async IAsyncEnumerable<LoadBalancerEvent> ToStream(IEnumerable<LoadBalancerEvent> events)
    {
        await Task.CompletedTask;
        foreach (var happened in events)
            yield return happened;
    }

    private static ConfigurationSnapshot Snapshot(int version) => new()
    {
        Configuration = new Configuration { ServerGroups = [new ServerGroup { Name = $"g{version}" }] },
        Version = version.ToString(CultureInfo.InvariantCulture),
    };

    private static Func<Configuration, IReadOnlyList<Change>> Decide(List<string> seen) => configuration =>
    {
        seen.Add(configuration.ServerGroups[0].Name);
        return [Change];
    };

    // So many times somebody is faster.
    private void Refuse(int count) => _balancer.Setup(it => it.ApplyAsync(It.IsAny<IReadOnlyList<Change>>(), It.Is<ApplyOptions>(options => int.Parse(options.ExpectedVersion!, CultureInfo.InvariantCulture) <= count), It.IsAny<CancellationToken>()))
        .ThrowsAsync(new IlbException(IlbErrorCode.VersionConflict, "somebody was faster"));
}
