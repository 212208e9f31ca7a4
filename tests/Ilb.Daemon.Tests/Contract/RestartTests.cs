using System.Net;
using Ilb.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>A client that lives longer than its daemon.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private Home _home = null!;

    public async ValueTask InitializeAsync() => _home = await Home.OpenAsync(isRemote: true);

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task Calls_go_on_with_the_next_daemon()
    {
        await _home.Balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        await _home.RestartAsync();
        await _home.Balancer.CreateServerGroupAsync(new ServerGroup { Name = "b" });
        Assert.Equal(["a", "b"], (await _home.Balancer.GetConfigurationAsync()).Configuration.ServerGroups.Select(static group => group.Name));
        await _home.StopAsync();
        var refused = await Assert.ThrowsAsync<IlbException>(() => _home.Balancer.DeleteServerGroupAsync("a"));
        Assert.Equal((IlbErrorCode.DaemonUnreachable, $"cannot reach the daemon: there is no socket {_home.SocketPath}; is it running?"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Events_go_on_with_a_loss()
    {
        await using var events = new EventReader(_home.Balancer.GetEventsAsync());
        Assert.IsType<EventsStarted>(await events.NextAsync());
        await _home.Balancer.CreateServerGroupAsync(new ServerGroup { Name = "a" });
        Assert.IsType<ConfigurationChanged>(await events.NextAsync());
        var next = events.NextAsync();
        await _home.RestartAsync();
        Assert.IsType<EventsLost>(await next);
        await _home.Balancer.CreateServerGroupAsync(new ServerGroup { Name = "b" });
        Assert.Contains("'b'", Assert.IsType<ConfigurationChanged>(await events.NextAsync()).Changes[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_for_a_drain_goes_on_waiting_with_the_next_daemon()
    {
        await _home.Balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = [new Server { Address = IPAddress.Parse("10.0.0.1") }] });
        await _home.Balancer.CreateRuleAsync(new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" });
        var connections = 3u;
        _home.Ipvs.Connections = _ => (connections, 0);
        var disabled = await _home.Balancer.DisableServersAsync([ServerId.Parse("_web.0")]);
        await _home.StopAsync();
        var waits = _home.Balancer.WaitForDrainAsync(disabled, Timeout.InfiniteTimeSpan);
        Assert.False(waits.IsCompleted);
        await _home.RestartAsync();
        connections = 0;
        Assert.Empty(await waits.WaitAsync(TimeLimit.FromSeconds(60)));
        await _home.StopAsync();
        Assert.Equal("_web.0", Assert.Single(await _home.Balancer.WaitForDrainAsync(disabled, TimeSpan.Zero)).Server.ToString());
    }

    [Fact]
    public async Task A_watched_configuration_goes_on()
    {
        await using var seen = _home.Balancer.WatchAsync().GetAsyncEnumerator();
        Assert.True(await seen.MoveNextAsync());
        var next = seen.MoveNextAsync().AsTask();
        await _home.RestartAsync();
        await _home.Connect().CreateServerGroupAsync(new ServerGroup { Name = "a" });
        Assert.True(await next.WaitAsync(TimeLimit.FromSeconds(60)));
        Assert.Equal("a", seen.Current.Configuration.ServerGroups.Single().Name);
    }

    [Fact]
    public async Task A_program_gets_the_daemon_by_its_socket()
    {
        await using var balancer = await LoadBalancer.ConnectAsync(new LoadBalancerOptions { SocketPath = _home.SocketPath, ConfigurationPath = _home.Folder.ConfigurationPath });
        Assert.IsType<RemoteLoadBalancer>(balancer);
        var refused = await Assert.ThrowsAsync<IlbException>(() => LoadBalancer.ConnectAsync(new LoadBalancerOptions { SocketPath = _home.SocketPath, Instance = "other" }));
        Assert.Equal((IlbErrorCode.OtherDaemon, $"the daemon at {_home.SocketPath} runs instance 'ilb', not 'other'"), (refused.Code, refused.Message));
    }
}
