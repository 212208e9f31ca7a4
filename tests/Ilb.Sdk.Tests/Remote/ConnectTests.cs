using System.Net.Sockets;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Which load balancer a program gets: the daemon, or an engine of its own only where there is none.</summary>
public sealed class ConnectTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(60);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly TemporaryFolder _folder = new();
    private int _asked;

    public ConnectTests() => Directory.CreateDirectory(_folder.File("run"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_socket_it_is_an_engine_of_ones_own()
    {
        await using var balancer = await LoadBalancer.ConnectAsync(Options);
        Assert.IsType<LoadBalancer>(balancer);
    }

    [Fact]
    public async Task A_socket_at_which_nobody_listens_any_more_counts_as_none()
    {
        SocketServer.Leave(Path);
        await using var balancer = await LoadBalancer.ConnectAsync(Options);
        Assert.IsType<LoadBalancer>(balancer);
        var refused = await RefusedAsync(Options with { SocketPath = Path });
        Assert.Equal($"cannot reach the daemon: nobody listens at {Path}; is it running?", refused.Message);
    }

    [Fact]
    public async Task A_socket_that_is_named_must_be_there()
    {
        var refused = await RefusedAsync(Options with { SocketPath = _folder.File("x.sock") });
        Assert.Equal((IlbErrorCode.DaemonUnreachable, $"cannot reach the daemon: there is no socket {_folder.File("x.sock")}; is it running?"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task The_daemon_that_answers_is_used()
    {
        await using var server = Describing();
        await using var balancer = await LoadBalancer.ConnectAsync(Options);
        Assert.Equal(Path, Assert.IsType<RemoteLoadBalancer>(balancer).SocketPath);
        await using var named = await LoadBalancer.ConnectAsync(Options with { SocketPath = Path, ConfigurationPath = _folder.ConfigurationPath, NetworkNamespace = "/proc/self/ns/net" });
        Assert.IsType<RemoteLoadBalancer>(named);
    }

    [Fact]
    public async Task Each_instance_has_a_socket_of_its_own()
    {
        await using var server = Describing("other", path: _folder.File("run/other.sock"));
        await using var balancer = await LoadBalancer.ConnectAsync(Options with { Instance = "other" });
        Assert.IsType<RemoteLoadBalancer>(balancer);
        await using var first = await LoadBalancer.ConnectAsync(Options);
        Assert.IsType<LoadBalancer>(first);
    }

    [Fact]
    public async Task The_configuration_may_have_other_names()
    {
        Directory.CreateSymbolicLink(_folder.File("link"), _folder.Path);
        File.WriteAllText(_folder.ConfigurationPath, "");
        await using var server = Describing();
        await using var balancer = await LoadBalancer.ConnectAsync(Options with { ConfigurationPath = _folder.File("link/ilb.json") });
        Assert.IsType<RemoteLoadBalancer>(balancer);
    }

    [Fact]
    public async Task Another_daemon_than_was_meant_is_refused_by_all_that_differs()
    {
        await using var server = Describing("other", "/srv/other.json", "1");
        var own = NetworkNamespaceId.Read(null);
        var refused = await RefusedAsync(Options with { ConfigurationPath = "/etc/mine.json" });
        Assert.All(refused.Errors, static error => Assert.Equal(IlbErrorCode.OtherDaemon, error.Code));
        Assert.Equal(
        [
            ("instance", $"the daemon at {Path} runs instance 'other', not 'ilb'"),
            ("configurationPath", $"the daemon at {Path} keeps the configuration /srv/other.json, not /etc/mine.json"),
            ("networkNamespace", $"the daemon at {Path} works in network namespace 1, not in {own}, the caller's own"),
        ], refused.Errors.Select(static error => (error.Path, error.Message)));
    }

    [Fact]
    public async Task The_configuration_and_namespace_matter_only_where_they_are_named()
    {
        await using var server = Describing("ilb", "/srv/other.json", "1");
        await using var balancer = await LoadBalancer.ConnectAsync(Options with { SocketPath = Path });
        Assert.IsType<RemoteLoadBalancer>(balancer);
        Assert.Equal("networkNamespace", (await RefusedAsync(Options with { SocketPath = Path, NetworkNamespace = "/proc/self/ns/net" })).Errors.Single().Path);
        Assert.Equal("networkNamespace", (await RefusedAsync(Options)).Errors.Single().Path);
    }

    [Fact]
    public async Task With_a_store_no_daemon_is_looked_for()
    {
        await using var server = Describing();
        await using var balancer = await LoadBalancer.ConnectAsync(Options with { Store = new FileConfigurationStore(_folder.ConfigurationPath) });
        Assert.IsType<LoadBalancer>(balancer);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Wrong_options_are_refused_before_anything_is_looked_for() =>
        Assert.Equal(["instance", "socketPath"], (await RefusedAsync(new LoadBalancerOptions { Instance = "a/b", SocketPath = "" })).Errors.Select(static error => error.Path));

    [Theory]
    [InlineData(10)]
    [InlineData(0)]
    public async Task Who_listens_but_does_not_answer_in_time_is_an_error(int seconds)
    {
        var (time, asked) = (new FakeTimeProvider(), new SemaphoreSlim(0));
        await using var server = new SocketServer(Path, async (_, _, cancellationToken) =>
        {
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        });
        var connecting = LoadBalancer.ConnectAsync(Options with { LockTimeout = TimeSpan.FromSeconds(seconds), TimeProvider = time });
        Assert.True(await asked.WaitAsync(Deadline));
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(Math.Max(seconds, 1)));
        var refused = await Assert.ThrowsAsync<IlbException>(() => connecting.WaitAsync(Deadline));
        Assert.Equal((IlbErrorCode.Timeout, $"the daemon at {Path} does not answer within {Math.Max(seconds, 1)} s"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Who_takes_no_connection_in_time_is_an_error()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(0);
        using var waiting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await waiting.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        var time = new FakeTimeProvider();
        var connecting = LoadBalancer.ConnectAsync(Options with { TimeProvider = time });
        var begin = time.GetTimestamp();
        while (!connecting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(Moment, TimeProvider.System);
        }

        var refused = await Assert.ThrowsAsync<IlbException>(() => connecting);
        Assert.Equal((IlbErrorCode.Timeout, $"the daemon at {Path} takes no connection within 10 s"), (refused.Code, refused.Message));
        Assert.True(time.GetElapsedTime(begin) >= TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome text")]
    public async Task Who_is_no_daemon_is_an_error(string answer)
    {
        await using var server = SocketServer.Saying(Path, answer);
        Assert.Equal(IlbErrorCode.ProtocolError, (await RefusedAsync(Options)).Code);
    }

    [Fact]
    public async Task A_daemon_that_is_just_ending_counts_as_none()
    {
        await using var server = new SocketServer(Path, (_, _, _) =>
        {
            File.Delete(Path);
            return Task.CompletedTask;
        });
        await using var balancer = await LoadBalancer.ConnectAsync(Options);
        Assert.IsType<LoadBalancer>(balancer);
    }

    [Fact]
    public async Task One_that_hangs_up_again_and_again_is_an_error()
    {
        await using var server = SocketServer.Saying(Path, "");
        Assert.Equal((IlbErrorCode.DaemonUnreachable, $"the daemon at {Path} went away before it answered"), ((await RefusedAsync(Options)).Code, (await RefusedAsync(Options)).Message));
    }

    [Fact]
    public async Task A_lock_that_is_held_names_its_holder_and_says_that_nobody_answers()
    {
        var options = Options with { LockTimeout = TimeSpan.Zero };
        await using var holder = TestBalancer.Create(options, new InMemoryIpvs());
        await holder.ApplyAsync([]);
        await using var balancer = await LoadBalancer.ConnectAsync(options);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync([]));
        Assert.Equal(IlbErrorCode.Locked, refused.Code);
        Assert.Contains($"is held by process {Environment.ProcessId} ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith($"; nobody answers at {Path}, so it may be a product, or a daemon with another socket or one that is just starting", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_be_cancelled()
    {
        await using var server = new SocketServer(Path, async (_, _, cancellationToken) =>
        {
            Interlocked.Increment(ref _asked);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        });
        using var cancellation = new CancellationTokenSource();
        var connecting = LoadBalancer.ConnectAsync(Options, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Deadline));
    }

    private string Path => _folder.File("run/ilbd.sock");

    private LoadBalancerOptions Options => new() { RuntimeDirectory = _folder.File("run") };

    private SocketServer Describing(string instance = "ilb", string? configuration = null, string? space = null, string? path = null) => SocketServer.Saying(path ?? Path, SocketServer.Answer("200 OK",
        $$"""{"instance":"{{instance}}","configuration":"{{configuration ?? _folder.ConfigurationPath}}","networkNamespace":"{{space ?? NetworkNamespaceId.Read(null)}}","process":1,"version":"9.9.9","new":true}"""));

    private static Task<IlbException> RefusedAsync(LoadBalancerOptions options) => Assert.ThrowsAsync<IlbException>(() => LoadBalancer.ConnectAsync(options).WaitAsync(Deadline));
}
