using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>The latest events, for readers who come, go, resume and lag behind.</summary>
public sealed class EventLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly EventLog _log;
    private int _added;

    public EventLogTests() => _log = new EventLog(_time);

    [Fact]
    public async Task A_reader_begins_with_what_comes_and_each_event_has_a_place_and_a_time()
    {
        Add(3);
        var reader = Read();
        Assert.Equal("started", await NextAsync(reader));
        _time.Advance(TimeSpan.FromSeconds(5));
        Add(2);
        Assert.Equal("3", await NextAsync(reader));
        Assert.Equal(_time.GetUtcNow(), reader.Current.Time);
        var id = reader.Current.Id;
        Assert.Equal("4", await NextAsync(reader));
        Assert.NotEqual(id, reader.Current.Id);
    }

    [Fact]
    public async Task A_reader_that_waits_is_woken_by_the_next_event()
    {
        var reader = Read();
        await NextAsync(reader);
        var next = NextAsync(reader);
        Assert.False(next.IsCompleted);
        Add(1);
        Assert.Equal("0", await next);
    }

    [Fact]
    public async Task A_reader_resumes_behind_the_event_that_it_has()
    {
        var reader = Read();
        Add(5);
        // From its start, which has a place too, and from each event.
        Assert.Equal(["started"], await TakeAsync(reader, 1));
        var start = reader.Current.Id;
        Add(3);
        Assert.Equal(["5", "6"], await TakeAsync(reader, 2));
        Assert.Equal(["started", "5", "6", "7"], await TakeAsync(Read(start), 4));
        var resumed = Read(reader.Current.Id);
        Assert.Equal(["started", "7"], await TakeAsync(resumed, 2));
        // Behind the last there is nothing yet.
        var last = Read(resumed.Current.Id);
        Assert.Equal(["started"], await TakeAsync(last, 1));
        Add(1);
        Assert.Equal(["8"], await TakeAsync(last, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("000000000000-1")]
    [InlineData("LIFE-")]
    [InlineData("LIFE--1")]
    [InlineData("LIFE-+1")]
    [InlineData("LIFE- 1")]
    [InlineData("LIFE-1-1")]
    [InlineData("LIFE-4")]
    [InlineData("LIFE-99999999999999999999")]
    public async Task Who_resumes_at_a_place_that_is_none_of_this_life_learns_it_and_gets_all_that_is_kept(string place)
    {
        Add(3);
        var reader = Read();
        await NextAsync(reader);
        var life = reader.Current.Id.Split('-')[0];
        Assert.Equal(["started", "lost", "0", "1", "2"], await TakeAsync(Read(place.Replace("LIFE", life, StringComparison.Ordinal)), 5));
    }

    [Fact]
    public async Task A_reader_that_lags_behind_more_than_is_kept_learns_it_and_goes_on_with_the_oldest()
    {
        var reader = Read();
        Assert.Equal(["started"], await TakeAsync(reader, 1));
        Add(EventLog.Capacity);
        Assert.Equal(["0"], await TakeAsync(reader, 1));
        Add(2);
        Assert.Equal(["lost", "2", "3"], await TakeAsync(reader, 3));
        // The place of the loss resumes as well.
        var late = Read(IdOf(reader.Current.Id, 1));
        Assert.Equal(["started", "lost"], await TakeAsync(late, 2));
        Assert.Equal(["started", "2"], await TakeAsync(Read(late.Current.Id), 2));
    }

    [Fact]
    public async Task Many_readers_have_the_same_events_each_at_its_own_pace()
    {
        var readers = Enumerable.Range(0, 50).Select(_ => Read()).ToArray();
        foreach (var reader in readers)
            await NextAsync(reader);
        var waiting = readers.Select(reader => TakeAsync(reader, 10)).ToArray();
        Add(10);
        Assert.All(await Task.WhenAll(waiting), static events => Assert.Equal(Enumerable.Range(0, 10).Select(static number => $"{number}"), events));
    }

    [Fact]
    public async Task The_end_ends_all_streams_behind_their_last_event()
    {
        var (lagging, waiting) = (Read(), Read());
        await NextAsync(lagging);
        await NextAsync(waiting);
        var next = waiting.MoveNextAsync().AsTask();
        Add(2);
        Assert.True(await next);
        await NextAsync(waiting);
        next = waiting.MoveNextAsync().AsTask();
        _log.Close();
        Assert.False(await next);
        Assert.Equal(["0", "1"], await TakeAsync(lagging, 2));
        Assert.False(await lagging.MoveNextAsync());
        var late = Read();
        Assert.Equal("started", await NextAsync(late));
        Assert.False(await late.MoveNextAsync());
    }

    [Fact]
    public async Task A_reader_that_is_cancelled_ends_while_it_waits_and_while_there_are_events()
    {
        using var cancellation = new CancellationTokenSource();
        var (waiting, busy) = (Read(null, cancellation.Token), Read(null, cancellation.Token));
        await NextAsync(waiting);
        await NextAsync(busy);
        var next = waiting.MoveNextAsync().AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Add(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => busy.MoveNextAsync().AsTask());
    }

    // Each reader reads, pauses and resumes as chance has it, while bursts of events are added on another thread.
    [Property(MaxTest = 60)]
    public async Task Nothing_is_missed_or_repeated_without_being_told(int seed)
    {
        var random = new Random(seed);
        var log = new EventLog(_time);
        var total = random.Next(1, 4 * EventLog.Capacity);
        // Before anything is added: so each has to see all.
        var readers = Enumerable.Range(0, 4).Select(_ => (Random: new Random(random.Next()), Stream: log.ReadAsync(null, CancellationToken.None).GetAsyncEnumerator())).ToArray();
        foreach (var (_, stream) in readers)
            Assert.True(await stream.MoveNextAsync());
        var reading = readers.Select(reader => Task.Run(() => FollowAsync(log, reader.Stream, reader.Random))).ToArray();
        for (var added = 0; added < total;)
        {
            for (var burst = random.Next(1, random.Next(4) == 0 ? 2 * EventLog.Capacity : 50); burst > 0 && added < total; burst--)
                log.Add(Event(added++));
            await Task.Yield();
        }

        log.Close();
        foreach (var seen in await Task.WhenAll(reading))
        {
            var (expected, isLost) = (0, false);
            foreach (var number in seen)
            {
                // Null: some are missing here, and it is not said how many.
                if (number is not null)
                {
                    Assert.True(isLost ? number > expected : number == expected, $"{number} came for {expected}");
                    expected = number.Value + 1;
                }

                isLost = number is null;
            }

            // The last is never missed.
            Assert.Equal(total, expected);
        }
    }

    private static async Task<List<int?>> FollowAsync(EventLog log, IAsyncEnumerator<LoadBalancerEvent> stream, Random random)
    {
        var seen = new List<int?>();
        var last = stream.Current.Id;
        while (true)
        {
            if (random.Next(40) == 0)
            {
                await stream.DisposeAsync();
                stream = log.ReadAsync(last, CancellationToken.None).GetAsyncEnumerator();
                Assert.True(await stream.MoveNextAsync());
                Assert.IsType<EventsStarted>(stream.Current);
            }

            if (random.Next(20) == 0)
                await Task.Yield();
            if (!await stream.MoveNextAsync())
                return seen;
            last = stream.Current.Id;
            seen.Add(stream.Current is EventsLost ? null : NumberOf(stream.Current));
        }
    }

    private static ConfigurationReloaded Event(int number) => new() { Version = $"{number}" };

    private static int NumberOf(LoadBalancerEvent happened) => int.Parse(Assert.IsType<ConfigurationReloaded>(happened).Version, System.Globalization.CultureInfo.InvariantCulture);

    // The ID of another place of the same life.
    private static string IdOf(string id, int place) => $"{id.Split('-')[0]}-{place}";

    private static async Task<string> NextAsync(IAsyncEnumerator<LoadBalancerEvent> reader)
    {
        Assert.True(await reader.MoveNextAsync());
        return reader.Current switch
        {
            EventsStarted => "started",
            EventsLost => "lost",
            var happened => $"{NumberOf(happened)}",
        };
    }

    private static async Task<List<string>> TakeAsync(IAsyncEnumerator<LoadBalancerEvent> reader, int count)
    {
        var events = new List<string>();
        while (events.Count < count)
            events.Add(await NextAsync(reader));
        return events;
    }

    private IAsyncEnumerator<LoadBalancerEvent> Read(string? after = null, CancellationToken cancellation = default) => _log.ReadAsync(after, cancellation).GetAsyncEnumerator(cancellation);

    private void Add(int count)
    {
        while (count-- > 0)
            _log.Add(Event(_added++));
    }
}
