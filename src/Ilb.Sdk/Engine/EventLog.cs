using System.Globalization;
using System.Runtime.CompilerServices;

namespace Ilb;

/// <summary>
/// The latest events. Each reader has only a place in it, so many or slow ones cost nothing; one that lags by more than is kept learns that something is missing.
/// </summary>
internal sealed class EventLog(TimeProvider time)
{
    public const int Capacity = 1024;

    // Places of another life of the program mean nothing here.
    private readonly string _life = Guid.NewGuid().ToString("N")[..12];
    private readonly Lock _turn = new();
    private readonly LoadBalancerEvent[] _kept = new LoadBalancerEvent[Capacity];
    private long _count;
    private bool _isClosed;
    private TaskCompletionSource? _news;

    /// <summary>Adds an event; its ID and time are given here.</summary>
    public void Add(LoadBalancerEvent happened)
    {
        TaskCompletionSource? news;
        lock (_turn)
        {
            _kept[_count % Capacity] = happened with { Id = IdOf(_count + 1), Time = time.GetUtcNow() };
            _count++;
            (news, _news) = (_news, null);
        }

        news?.TrySetResult();
    }

    /// <summary>Ends all streams.</summary>
    public void Close()
    {
        TaskCompletionSource? news;
        lock (_turn)
        {
            _isClosed = true;
            (news, _news) = (_news, null);
        }

        news?.TrySetResult();
    }

    /// <summary>Events from now on, or behind a place.</summary>
    public async IAsyncEnumerable<LoadBalancerEvent> ReadAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (next, isLost) = Start(after);
        yield return new EventsStarted { Id = IdOf(next), Time = time.GetUtcNow() };
        if (isLost)
            yield return new EventsLost { Id = IdOf(next), Time = time.GetUtcNow() };
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LoadBalancerEvent? happened = null;
            Task? news = null;
            long first;
            lock (_turn)
            {
                first = Math.Max(0, _count - Capacity);
                if (next >= first && next < _count)
                    happened = _kept[next++ % Capacity];
                else if (next < first)
                    next = first;
                else if (_isClosed)
                    yield break;
                else
                    news = (_news ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            if (happened is not null)
                yield return happened;
            else if (news is null)
                yield return new EventsLost { Id = IdOf(first), Time = time.GetUtcNow() };
            else
                await news.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private (long Next, bool IsLost) Start(string? after)
    {
        lock (_turn)
        {
            if (after is null)
                return (_count, false);
            if (after.Split('-') is [var life, var digits] && life == _life && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place <= _count)
                return (place, false);
            // Of another life: what is kept of this one is all news.
            return (Math.Max(0, _count - Capacity), true);
        }
    }

    private string IdOf(long place) => string.Create(CultureInfo.InvariantCulture, $"{_life}-{place}");
}
