
namespace Ilb.Cli.Tests;

/// <summary>What a user learns of connections that live on, and how to wait for their end.</summary>
public sealed class DrainTests : IDisposable
{
    private readonly Console _console = new() { Clock = new HastyTime() };
    private int _looks;

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Who_removes_a_server_learns_which_connections_live_on_and_who_ends_them()
    {
        await SetUpAsync();
        Assert.Equal((0, "", """
            ilbadm: server _web.1 of rule 'web' gets no new connections and keeps 3 connections until they end
            ilbadm: no daemon runs: the next command lets go what has no connections then, or has had its time; --wait stays and does it

            """), await _console.RunAsync("remove-server", "-s", "server=_web.1", "web"));
        Assert.Equal("""
            SERVERID ADDRESS  PORT RULENAME STATUS WEIGHT ACTIVE INACTIVE DRAIN    LEFT
            _web.0   10.0.0.1 8080 web      E      1      0      0        --       --
            _web.1   10.0.0.2 8080 web      L      0      3      9        draining --

            """, await _console.ShowAsync("show-server -o serverid,address,port,rulename,status,weight,active,inactive,drain,left"));
        Assert.Equal("SERVERID\n_web.0\n", await _console.ShowAsync("show-server -o serverid"));
        _console.Ipvs.Connections = static _ => (0, 9);
        await _console.DoAsync("enable-rule web");
        Assert.DoesNotContain("10.0.0.2", _console.Ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_rule_that_is_gone_the_servers_that_have_connections_are_shown()
    {
        await SetUpAsync();
        var (status, _, error) = await _console.RunAsync("delete-rule", "web");
        Assert.Equal(0, status);
        Assert.StartsWith("ilbadm: server _web.1 of rule 'web' gets no new connections and keeps 3 connections until they end\n", error, StringComparison.Ordinal);
        Assert.Equal("_web.1:web:L:draining\n", await _console.ShowAsync("show-server -p -o serverid,rulename,status,drain"));
    }

    [Fact]
    public async Task A_disabled_server_is_draining_and_then_drained_and_its_time_runs()
    {
        await SetUpAsync(",conn-drain=30");
        Assert.Equal((0, "", """
            ilbadm: server _web.1 of rule 'web' gets no new connections and keeps 3 connections until they end, at most 30 s
            ilbadm: no daemon runs: the next command lets go what has no connections then, or has had its time; --wait stays and does it

            """), await _console.RunAsync("disable-server", "_web.1"));
        var left = (await _console.ShowAsync("show-server -p -o status,drain,left")).Split('\n')[1];
        Assert.Matches("^D:draining:(30|29|28)$", left);
        _console.Ipvs.Connections = static _ => (0, 0);
        Assert.Equal("E::\nD:drained:\n", await _console.ShowAsync("show-server -p -o status,drain,left"));
    }

    [Fact]
    public async Task To_wait_is_to_stay_until_the_last_connection_has_ended()
    {
        await SetUpAsync();
        _console.Ipvs.Connections = destination => destination.Address.ToString() == "10.0.0.2" && ++_looks < 7 ? (3u, 0u) : (0u, 0u);
        await _console.DoAsync("remove-server --wait -s server=_web.1 web");
        Assert.True(_looks >= 7);
        Assert.DoesNotContain("10.0.0.2", _console.Ipvs.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disable-server --wait=0 _web.1")]
    [InlineData("disable-server --wait=0 -g web")]
    [InlineData("remove-server --wait=0 -s server=10.0.0.2 web")]
    [InlineData("disable-rule --wait=0 web")]
    [InlineData("--wait=0 delete-rule -a")]
    public async Task Who_waits_too_short_a_time_learns_what_is_left_and_gets_status_3(string line)
    {
        await SetUpAsync();
        Assert.Equal((3, "", "ilbadm: server _web.1 of rule 'web' still has 3 connections\n"), await _console.RunAsync(line.Split(' ')));
    }

    [Theory]
    [InlineData("--wait=", "''")]
    [InlineData("--wait=366d", "'366d'")]
    public async Task What_is_no_time_to_wait_is_refused_by_itself(string option, string named)
    {
        await SetUpAsync();
        Assert.Equal((1, "", $"ilbadm: --wait: {named} is not a number of seconds, nor a duration such as 5m, up to 365d\n"), await _console.RunAsync("disable-server", option, "_web.1"));
    }

    [Fact]
    public async Task Who_waits_for_one_does_not_wait_for_others()
    {
        await SetUpAsync();
        Assert.Equal(0, (await _console.RunAsync("disable-server", "_web.1")).Status);
        await _console.DoAsync("disable-server --wait _web.0");
        await _console.DoAsync("create-servergroup --wait other");
    }

    [Fact]
    public async Task A_dry_run_tells_whose_connections_would_live_on()
    {
        await SetUpAsync();
        Assert.EndsWith("\nconnections: server _web.1 of rule 'web' gets no new connections and keeps 3 connections until they end\n", await _console.ShowAsync("delete-rule --dry-run web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_servers_some_are_named()
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1-10.0.0.9:8080 web");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o sg=web web");
        _console.Ipvs.Connections = static _ => (1, 0);
        var (_, _, error) = await _console.RunAsync("disable-server", "-g", "web");
        Assert.Equal(6, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("keeps 1 connection until it ends\n", error, StringComparison.Ordinal);
        Assert.Contains("ilbadm: 4 more keep theirs; see 'ilbadm show-server -o serverid,rulename,active,drain'\n", error, StringComparison.Ordinal);
    }

    private async Task SetUpAsync(string timers = "")
    {
        await _console.DoAsync("create-sg -s server=10.0.0.1-10.0.0.2:8080 web");
        await _console.DoAsync($"create-rule -e -i vip=192.0.2.1,port=80 -m type=h{(timers.Length == 0 ? "" : $" -t {timers[1..]}")} -o sg=web web");
        _console.Ipvs.Connections = static destination => destination.Address.ToString() == "10.0.0.2" ? (3u, 9u) : (0u, 0u);
    }

    // Whoever waits is woken at once.
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.FromMilliseconds(1), period);
    }
}
