using System.Text;
using System.Threading.Channels;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>A stream of events outlives its connections.</summary>
public sealed class RemoteEventsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(60);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _asked = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_resumes_behind_the_last_event_and_passes_over_what_it_does_not_know()
    {
        await using var server = Script(
            [Started("a-0"), Event("a-1", "from-the-future", "{\"event\":\"from-the-future\",\"id\":\"a-1\",\"more\":[1]}")],
            [Started("a-1"), Readable("a-2"), "id: a-3\nevent: kernel-readable\ndata: {\"event\":\"kernel-rea"],
            [Started("a-2"), ": a sign of life\n\n", Readable("a-3")]);
        await using var balancer = Open();
        Assert.Equal(["events-started a-0", "kernel-readable a-2", "kernel-readable a-3"], await ReadAsync(balancer, 3));
        Assert.Equal(["/v1/events", "/v1/events?after=a-1", "/v1/events?after=a-2"], _asked);
    }

    [Fact]
    public async Task A_daemon_that_was_started_anew_is_told_as_a_loss_once_it_is_known()
    {
        await using var server = Script(
            [Started("a-0"), Readable("a-1")],
            [Started("b-0")],
            [Started("b-0"), Event("b-0", "events-lost", "{\"event\":\"events-lost\",\"id\":\"b-0\",\"time\":\"2026-01-01T00:00:00Z\"}"), Readable("b-1")]);
        await using var balancer = Open();
        Assert.Equal(["events-started a-0", "kernel-readable a-1", "events-lost b-0", "kernel-readable b-1"], await ReadAsync(balancer, 4));
        Assert.Equal(["/v1/events", "/v1/events?after=a-1", "/v1/events?after=a-1"], _asked);
    }

    [Fact]
    public async Task A_place_to_resume_from_holds_until_something_comes_after_it()
    {
        await using var server = Script([Started("b-0")], [Started("b-0"), Event("b-0", "events-lost", "{\"event\":\"events-lost\",\"id\":\"b-0\"}")]);
        await using var balancer = Open();
        Assert.Equal(["events-started b-0", "events-lost b-0"], await ReadAsync(balancer, 2, "a 7&\n"));
        Assert.Equal(["/v1/events?after=a%207%26%0A", "/v1/events?after=a%207%26%0A"], _asked);
    }

    [Theory]
    [InlineData("data: garbage\n\n")]
    [InlineData("data: {\"event\":7}\n\n")]
    [InlineData("data: {\"event\":\"kernel-unreadable\"}\n\n")]
    [InlineData("data: []\n\n")]
    [InlineData("data: {\"event\":\"from-the-future\"\n\n")]
    public async Task What_makes_no_sense_ends_it(string text)
    {
        await using var server = Script([Started("a-0"), text]);
        await using var balancer = Open();
        var refused = await RefusedAsync(() => ReadAsync(balancer, 2));
        Assert.Equal(IlbErrorCode.ProtocolError, refused.Code);
        Assert.StartsWith($"the daemon at {Path} sends something that makes no sense: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_without_end_ends_it()
    {
        await using var server = new SocketServer(Path, async (stream, _, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(SocketServer.EventsHeader + Started("a-0") + "data: "), cancellationToken);
            var more = new byte[1 << 16];
            Array.Fill(more, (byte)'x');
            while (true)
                await stream.WriteAsync(more, cancellationToken);
        });
        await using var balancer = Open();
        var refused = await RefusedAsync(() => ReadAsync(balancer, 2));
        Assert.Equal((IlbErrorCode.ProtocolError, true), (refused.Code, refused.Message.EndsWith("an event has more than 16 MB", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Another_kind_of_answer_is_none()
    {
        await using var server = SocketServer.Saying(Path, SocketServer.Answer("200 OK", "{}"));
        await using var balancer = Open();
        Assert.Equal(IlbErrorCode.ProtocolError, (await RefusedAsync(() => ReadAsync(balancer, 1))).Code);
    }

    [Fact]
    public async Task A_refusal_is_told_at_the_start_and_later()
    {
        var refusal = SocketServer.Answer("403 Forbidden", Encoding.UTF8.GetString(AnswerJson.Serialize([new IlbError { Code = IlbErrorCode.NotAuthorized, Message = "no" }])), "Connection: close\r\n");
        var isFirst = true;
        await using var server = new SocketServer(Path, async (stream, _, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(isFirst ? SocketServer.EventsHeader + Started("a-0") : refusal), cancellationToken);
            isFirst = false;
        });
        await using var balancer = Open();
        Assert.Equal(IlbErrorCode.NotAuthorized, (await RefusedAsync(() => ReadAsync(balancer, 2))).Code);
        Assert.Equal(IlbErrorCode.NotAuthorized, (await RefusedAsync(() => ReadAsync(balancer, 1))).Code);
    }

    [Fact]
    public async Task A_daemon_that_stays_away_is_looked_for_ever_less_often_and_given_up_in_the_end()
    {
        var time = new WaitedTime();
        await using var server = new SocketServer(Path, async (stream, _, cancellationToken) =>
        {
            if (_asked.Count == 0)
                await stream.WriteAsync(Encoding.UTF8.GetBytes(SocketServer.EventsHeader + Started("a-0")), cancellationToken);
            _asked.Add("");
        });
        await using var balancer = Open(time);
        var reading = ReadAsync(balancer, 2);
        var waits = new List<TimeSpan>();
        while (true)
        {
            var wait = time.Waits.ReadAsync().AsTask();
            if (await Task.WhenAny(reading, wait).WaitAsync(Deadline) == reading)
                break;
            waits.Add(await wait);
            time.Advance(waits[^1]);
        }

        var refused = await RefusedAsync(() => reading);
        Assert.Equal((IlbErrorCode.DaemonUnreachable, true), (refused.Code, refused.IsTransient));
        Assert.InRange(waits.Sum(static wait => wait.TotalSeconds), 300, 313);
        var expected = 0.1;
        foreach (var wait in waits)
        {
            Assert.InRange(wait.TotalSeconds, expected * 0.74, expected * 1.26);
            expected = Math.Min(expected * 2, 10);
        }

        Assert.True(waits.Distinct().Count() > waits.Count / 2);
    }

    [Fact]
    public async Task A_daemon_without_a_sign_of_life_counts_as_gone()
    {
        var time = new FakeTimeProvider();
        await using var server = new SocketServer(Path, async (stream, _, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(SocketServer.EventsHeader + Started("a-0") + (_asked.Count == 0 ? "" : Readable("a-1"))), cancellationToken);
            _asked.Add("");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        });
        await using var balancer = Open(time);
        var reading = ReadAsync(balancer, 2);
        var begin = time.GetTimestamp();
        while (!reading.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(Moment, TimeProvider.System);
        }

        Assert.Equal(["events-started a-0", "kernel-readable a-1"], await reading);
        Assert.True(time.GetElapsedTime(begin) >= TimeSpan.FromSeconds(60));
    }

    private string Path => _folder.File("ilbd.sock");

    // A connection each, which ends with the last text.
    private SocketServer Script(params string[][] connections) => new(Path, async (stream, header, cancellationToken) =>
    {
        var texts = connections[_asked.Count];
        _asked.Add(header.Split(' ')[1]);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(SocketServer.EventsHeader + string.Concat(texts)), cancellationToken);
    });

    private static string Started(string id) => Event(id, "events-started", $"{{\"event\":\"events-started\",\"id\":\"{id}\",\"time\":\"2026-01-01T00:00:00Z\"}}");

    private static string Readable(string id) => Event(id, "kernel-readable", $"{{\"event\":\"kernel-readable\",\"id\":\"{id}\",\"time\":\"2026-01-01T00:00:00Z\"}}");

    private static string Event(string id, string kind, string json) => $"id: {id}\nevent: {kind}\ndata: {json}\n\n";

    private RemoteLoadBalancer Open(TimeProvider? time = null) => new(new RemoteLoadBalancerOptions { SocketPath = Path, TimeProvider = time ?? TimeProvider.System }, null, new Random(1));

    private static async Task<List<string>> ReadAsync(RemoteLoadBalancer balancer, int count, string? after = null)
    {
        var seen = new List<string>();
        await foreach (var happened in balancer.GetEventsAsync(after))
        {
            seen.Add($"{(happened switch { EventsStarted => "events-started", EventsLost => "events-lost", KernelReadable => "kernel-readable", _ => "other" })} {happened.Id}");
            if (seen.Count == count)
                break;
        }

        return seen;
    }

    private static Task<IlbException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<IlbException>(() => call().WaitAsync(Deadline));

    /// <summary>A clock that tells how long somebody waits before a new try: longer is a limit of time.</summary>
    private sealed class WaitedTime : FakeTimeProvider
    {
        private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(13);
        private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

        public ChannelReader<TimeSpan> Waits => _waits.Reader;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime > TimeSpan.Zero && dueTime < LongestWait)
                _waits.Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
