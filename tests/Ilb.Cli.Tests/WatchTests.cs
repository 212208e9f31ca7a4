using System.IO.Pipes;
using System.Text;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Cli.Tests;

/// <summary>Events as they happen.</summary>
public sealed class WatchTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 23, 30, 0, 42, TimeSpan.Zero);

    private static readonly LoadBalancerEvent[] Events =
    [
        new EventsStarted { Id = "a-0", Time = Now },
        new ServerHealthChanged { Id = "a-1", Time = Now, Rule = "web", Server = new ServerId { ServerGroup = "web", Number = 1 }, From = ServerHealth.Alive, To = ServerHealth.Dead, Reason = "connection refused" },
        new KernelUnreadable { Id = "a-2", Time = Now.AddSeconds(1), Reason = "one\ntwo" },
    ];

    private static string Text => string.Concat(Events.Select(static happened => $"id: {happened.Id}\ndata: {Encoding.UTF8.GetString(AnswerJson.Serialize(happened))}\n\n"));

    private readonly Console _console = new() { Clock = new FakeTimeProvider(Now) };
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _console.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_event_is_a_line_with_its_time()
    {
        Assert.Equal(
            (1,
            """
            2026-03-01T23:30:00.042+00:00 events from here on
            2026-03-01T23:30:00.042+00:00 server _web.1 of rule 'web' is dead: connection refused
            2026-03-01T23:30:01.042+00:00 kernel cannot be read: one two

            """,
            $"ilbadm: the daemon at {_folder.File("s")} went away\n"),
            await WatchAsync("watch"));
    }

    [Fact]
    public async Task As_JSON_each_event_is_a_line_that_reads_back()
    {
        var (_, output, _) = await WatchAsync("watch", "--json");
        Assert.Equal(Events, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => AnswerJson.DeserializeEvent(Encoding.UTF8.GetBytes(line))));
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("watch --json --local")]
    public async Task Without_a_daemon_there_is_nobody_to_watch(string line) =>
        Assert.Equal((1, "", "ilbadm: there is nobody to watch: events are the daemon's, and none is asked or runs (see ilbd)\n"), await _console.RunAsync(line.Split(' ')));

    [Fact]
    public async Task It_ends_once_nobody_reads_any_more()
    {
        await using var server = new SocketServer(_folder.File("s"), static async (stream, _, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(SocketServer.EventsHeader + Text), cancellationToken);
            // More may come.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        });
        await using var balancer = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = _folder.File("s") });
        _console.Balancer = balancer;
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var output = new StreamWriter(new DescriptorStream((int)pipe.SafePipeHandle.DangerousGetHandle()));
        pipe.DisposeLocalCopyOfClientHandle();
        using var error = new StringWriter();
        Assert.Equal((0, ""), (await Ilbadm.RunAsync(["watch"], _console.Terminal(output, error)), error.ToString()));
    }

    [Fact]
    public async Task It_takes_no_names_and_does_not_stand_in_a_file()
    {
        var (status, _, error) = await _console.RunAsync("watch", "web");
        Assert.Equal((1, "ilbadm: 'web' is one argument too many; see 'ilbadm watch --help'\n"), (status, error));
        _console.Input = "watch";
        Assert.Equal((1, ""), (await _console.RunAsync("import-config", "-p")) is var (code, output, _) ? (code, output) : default);
        Assert.Contains("ilbadm watch [--json]", await _console.ShowAsync("watch --help"), StringComparison.Ordinal);
    }

    // Once through a connection's life; where the daemon comes back is the library's own matter, and tested there.
    private async Task<(int Status, string Output, string Error)> WatchAsync(params string[] arguments)
    {
        await using var server = SocketServer.Saying(_folder.File("s"), SocketServer.EventsHeader + Text);
        await using var balancer = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = _folder.File("s"), ReconnectTimeout = TimeSpan.Zero });
        _console.Balancer = balancer;
        return await _console.RunAsync(arguments);
    }
}
