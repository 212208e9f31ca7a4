namespace Ilb;

/// <summary>
/// When to try again what the kernel refused, each object for itself: after a second, then after twice the time before, up to a minute; each a quarter more or less, so that what failed together does not
/// come again together.
/// </summary>
internal sealed class Backoff<TKey>(TimeProvider timeProvider, Random random)
    where TKey : notnull
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Dictionary<TKey, Wait> _waits = [];

    public int Count => _waits.Count;

    public IReadOnlyCollection<TKey> Keys => _waits.Keys;

    /// <summary>How long until the next is due, zero if one is; null if there is none.</summary>
    public TimeSpan? DueIn => _waits.Count == 0 ? null : _waits.Values.Min(Left);

    public bool Contains(TKey key) => _waits.ContainsKey(key);

    /// <summary>The objects that are due, those first that wait longest.</summary>
    public IEnumerable<TKey> Due() =>
        _waits.Where(pair => Left(pair.Value) == TimeSpan.Zero).OrderBy(static pair => pair.Value.Since).Select(static pair => pair.Key);

    /// <summary>Notes that a try failed.</summary>
    public void Fail(TKey key)
    {
        var step = !_waits.TryGetValue(key, out var last) ? First : last.Step < Longest / 2 ? last.Step * 2 : Longest;
        _waits[key] = new Wait(timeProvider.GetTimestamp(), step, step * (0.75 + (random.NextDouble() / 2)));
    }

    /// <summary>Notes that there is nothing to try again, or that it is another thing now.</summary>
    public void Forget(TKey key) => _waits.Remove(key);

    private TimeSpan Left(Wait wait) => timeProvider.GetElapsedTime(wait.Since) is var passed && passed < wait.Length ? wait.Length - passed : TimeSpan.Zero;

    private readonly record struct Wait(long Since, TimeSpan Step, TimeSpan Length);
}
