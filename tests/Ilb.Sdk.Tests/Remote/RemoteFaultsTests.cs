using System.Text;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>A daemon that is broken or hostile: one clear exception, never a hang.</summary>
public sealed class RemoteFaultsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(60);
    private static readonly Change Change = new DeleteServerGroup { Name = "web" };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, IlbErrorCode, string> Answers => new()
    {
        { "", IlbErrorCode.DaemonUnreachable, "went away before it answered" },
        { "HTTP/1.1 200 OK\r\nContent-Le", IlbErrorCode.DaemonUnreachable, "went away before it answered" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", IlbErrorCode.DaemonUnreachable, "went away before it answered" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"", IlbErrorCode.DaemonUnreachable, "went away before it answered" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", IlbErrorCode.ProtocolError, "makes no sense" },
        { "\0\x01\x02\xff\r\n\r\n", IlbErrorCode.ProtocolError, "makes no sense" },
        { "SSH-2.0-OpenSSH_9.2\r\n", IlbErrorCode.ProtocolError, "makes no sense" },
        { "HTTP/1.1 200 OK\r\nX: " + new string('x', 1 << 17), IlbErrorCode.ProtocolError, "makes no sense" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n{}", IlbErrorCode.ProtocolError, "answers with more than 1 MB" },
        { "HTTP/1.1 200 OK\r\n\r\n" + new string(' ', 1 << 21), IlbErrorCode.ProtocolError, "answers with more than 1 MB" },
        { SocketServer.Answer("200 OK", "", "ETag: \"1\"\r\n"), IlbErrorCode.ProtocolError, "makes no sense" },
        { SocketServer.Answer("200 OK", "[]", "ETag: \"1\"\r\n"), IlbErrorCode.ProtocolError, "makes no sense" },
        { SocketServer.Answer("200 OK", "null", "ETag: \"1\"\r\n"), IlbErrorCode.ProtocolError, "makes no sense" },
        { SocketServer.Answer("200 OK", "{\"format\":1,\"unknown\":", "ETag: \"1\"\r\n"), IlbErrorCode.ProtocolError, "makes no sense" },
        { SocketServer.Answer("500 Internal Server Error", ""), IlbErrorCode.ProtocolError, "answers with status 500, and does not say why" },
        { SocketServer.Answer("502 Bad Gateway", "<html>nginx</html>"), IlbErrorCode.ProtocolError, "answers with status 502, and why makes no sense" },
        { SocketServer.Answer("404 Not Found", "{\"errors\":[]}"), IlbErrorCode.ProtocolError, "answers with status 404, and why makes no sense" },
        { SocketServer.Answer("500 Internal Server Error", new string('x', 1 << 21)), IlbErrorCode.ProtocolError, "answers with status 500, and does not say why" },
        { SocketServer.Answer("204 No Content", ""), IlbErrorCode.ProtocolError, "answers with status 204" },
        { SocketServer.Answer("301 Moved Permanently", "", "Location: http://example.com/\r\n"), IlbErrorCode.ProtocolError, "answers with status 301" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_senseless_answer_is_told_for_what_it_is(string answer, IlbErrorCode code, string text)
    {
        await using var server = SocketServer.Saying(Path, answer);
        await using var balancer = Open();
        Func<Task>[] looks = [() => balancer.GetConfigurationAsync(), () => balancer.GetStateAsync(), () => balancer.GetStatisticsAsync(), () => balancer.DiagnoseAsync(), () => balancer.PlanAsync([Change])];
        foreach (var look in looks)
        {
            var refused = await RefusedAsync(look);
            Assert.Equal(code, refused.Code);
            Assert.Contains(text, refused.Message, StringComparison.Ordinal);
            Assert.Contains(Path, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("may have been made", refused.Message, StringComparison.Ordinal);
        }

        Func<Task>[] changes = [() => balancer.ApplyAsync(Change), () => balancer.ReloadAsync()];
        foreach (var change in changes)
        {
            var refused = await RefusedAsync(change);
            Assert.Equal(code, refused.Code);
            Assert.EndsWith("; the change may have been made", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task That_the_configuration_is_known_makes_no_sense_where_none_is()
    {
        await using var server = SocketServer.Saying(Path, "HTTP/1.1 304 Not Modified\r\n\r\n");
        await using var balancer = Open();
        Assert.Equal(IlbErrorCode.ProtocolError, (await RefusedAsync(() => balancer.GetConfigurationAsync())).Code);
    }

    [Fact]
    public async Task A_configuration_needs_a_version()
    {
        await using var server = SocketServer.Saying(Path, SocketServer.Answer("200 OK", "{\"format\":1}"));
        await using var balancer = Open();
        Assert.Contains("the configuration has no version", (await RefusedAsync(() => balancer.GetConfigurationAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_of_a_newer_format_is_told_as_newer()
    {
        await using var server = SocketServer.Saying(Path, SocketServer.Answer("200 OK", "{\"format\":2}", "ETag: \"1\"\r\n"));
        await using var balancer = Open();
        Assert.Equal(IlbErrorCode.ConfigurationNewer, (await RefusedAsync(() => balancer.GetConfigurationAsync())).Code);
    }

    [Fact]
    public async Task Errors_come_with_all_that_they_say()
    {
        ValueList<IlbError> errors = [new IlbError { Code = IlbErrorCode.NoSuchRule, Message = "one", Path = "changes[0]" }, new IlbError { Code = IlbErrorCode.ConfigurationDamaged, Message = "two", Line = 7 }];
        await using var server = SocketServer.Saying(Path, SocketServer.Answer("404 Not Found", Encoding.UTF8.GetString(AnswerJson.Serialize(errors))));
        await using var balancer = Open();
        Assert.Equal(errors, (await RefusedAsync(() => balancer.ApplyAsync(Change))).Errors);
    }

    [Fact]
    public async Task Who_does_not_answer_in_time_is_left()
    {
        var (time, asked) = (new FakeTimeProvider(), new SemaphoreSlim(0));
        await using var server = Silent(asked);
        await using var balancer = Open(time);
        var look = balancer.GetConfigurationAsync();
        Assert.True(await asked.WaitAsync(Deadline));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(look.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        var refused = await RefusedAsync(() => look);
        Assert.Equal((IlbErrorCode.Timeout, $"the daemon at {Path} does not answer within 30 s", true), (refused.Code, refused.Message, refused.IsTransient));
        var change = balancer.ApplyAsync(Change);
        Assert.True(await asked.WaitAsync(Deadline));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal($"the daemon at {Path} does not answer within 30 s; the change may have been made", (await RefusedAsync(() => change)).Message);
    }

    [Fact]
    public async Task An_answer_that_comes_byte_by_byte_has_a_limit_too()
    {
        var (time, asked) = (new FakeTimeProvider(), new SemaphoreSlim(0));
        await using var server = new SocketServer(Path, async (stream, _, cancellationToken) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"u8.ToArray(), cancellationToken);
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        });
        await using var balancer = Open(time);
        var look = balancer.GetStateAsync();
        Assert.True(await asked.WaitAsync(Deadline));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(IlbErrorCode.Timeout, (await RefusedAsync(() => look)).Code);
    }

    [Fact]
    public async Task A_call_can_be_cancelled()
    {
        var asked = new SemaphoreSlim(0);
        await using var server = Silent(asked);
        await using var balancer = Open();
        using var cancellation = new CancellationTokenSource();
        var calls = new Task[] { balancer.GetConfigurationAsync(cancellation.Token), balancer.ApplyAsync(Change, cancellationToken: cancellation.Token), balancer.ReloadAsync(cancellation.Token), NextAsync(balancer, cancellation.Token) };
        foreach (var _ in calls)
            Assert.True(await asked.WaitAsync(Deadline));
        await cancellation.CancelAsync();
        foreach (var call in calls)
            Assert.Equal(cancellation.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Deadline))).CancellationToken);
    }

    [Fact]
    public async Task What_is_disposed_ends_its_calls_and_takes_no_more()
    {
        var asked = new SemaphoreSlim(0);
        await using var server = Silent(asked);
        var balancer = Open();
        var calls = new Task[] { balancer.GetConfigurationAsync(), balancer.ApplyAsync(Change) };
        var events = NextAsync(balancer, default);
        for (var i = 0; i < 3; i++)
            Assert.True(await asked.WaitAsync(Deadline));
        await balancer.DisposeAsync();
        await balancer.DisposeAsync();
        foreach (var call in calls)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call.WaitAsync(Deadline));
        Assert.Null(await events.WaitAsync(Deadline));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.GetStateAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.ApplyAsync(Change));
        Assert.Throws<ObjectDisposedException>(() => balancer.GetEventsAsync());
    }

    [Fact]
    public async Task Nobody_at_the_socket_is_said_in_one_sentence()
    {
        await using var balancer = Open();
        var absent = await RefusedAsync(() => balancer.ApplyAsync(Change));
        Assert.Equal((IlbErrorCode.DaemonUnreachable, $"cannot reach the daemon: there is no socket {Path}; is it running?", true), (absent.Code, absent.Message, absent.IsTransient));
        SocketServer.Leave(Path);
        var refused = await RefusedAsync(() => balancer.GetStateAsync());
        Assert.Equal((IlbErrorCode.DaemonUnreachable, $"cannot reach the daemon: nobody listens at {Path}; is it running?"), (refused.Code, refused.Message));
        var events = await RefusedAsync(() => NextAsync(balancer, default));
        Assert.Equal(refused.Message, events.Message);
    }

    [Fact]
    public async Task A_socket_without_access_is_said_in_one_sentence()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may use every socket");
        await using var server = SocketServer.Saying(Path, "");
        File.SetUnixFileMode(Path, UnixFileMode.None);
        await using var balancer = Open();
        var refused = await RefusedAsync(() => balancer.GetStateAsync());
        Assert.Equal((IlbErrorCode.PermissionDenied, $"no access to the daemon's socket {Path}: permission denied; its owner and group have it"), (refused.Code, refused.Message));
    }

    [Theory]
    [InlineData(108, 'x')]
    [InlineData(200, 'x')]
    [InlineData(60, 'ö')]
    public async Task A_path_that_is_no_sockets_is_refused(int length, char letter)
    {
        await using var balancer = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = "/" + new string(letter, length - 1) });
        var refused = await RefusedAsync(() => balancer.GetStateAsync());
        Assert.Equal(IlbErrorCode.InvalidArgument, refused.Code);
        Assert.Contains("up to 107 bytes are allowed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_refused_all_at_once()
    {
        var refused = Assert.Throws<IlbException>(static () => new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = "", Timeout = TimeSpan.Zero, ReconnectTimeout = TimeSpan.FromDays(2) }));
        Assert.Equal(["socketPath", "timeout", "reconnectTimeout"], refused.Errors.Select(static error => error.Path));
    }

    [Theory]
    [InlineData("a\r\nb")]
    [InlineData("a\"b")]
    [InlineData("ä")]
    public async Task A_version_that_cannot_be_one_is_a_conflict(string version)
    {
        await using var balancer = Open();
        Assert.Equal(IlbErrorCode.VersionConflict, (await RefusedAsync(() => balancer.ApplyAsync(Change, new ApplyOptions { ExpectedVersion = version }))).Code);
    }

    private string Path => _folder.File("ilbd.sock");

    private SocketServer Silent(SemaphoreSlim asked) => new(Path, async (_, _, cancellationToken) =>
    {
        asked.Release();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    });

    private RemoteLoadBalancer Open(TimeProvider? time = null) =>
        new(new RemoteLoadBalancerOptions { SocketPath = Path, TimeProvider = time ?? TimeProvider.System, MaximumAnswer = 1 << 20 });

    private static async Task<LoadBalancerEvent?> NextAsync(RemoteLoadBalancer balancer, CancellationToken cancellationToken)
    {
        await foreach (var happened in balancer.GetEventsAsync(null, cancellationToken))
            return happened;
        return null;
    }

    private static Task<IlbException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<IlbException>(() => call().WaitAsync(Deadline));
}
