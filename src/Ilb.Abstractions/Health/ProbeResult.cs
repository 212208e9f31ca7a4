namespace Ilb;

/// <summary>What an <see cref="IHealthProbe"/> found.</summary>
public sealed record ProbeResult
{
    private ProbeResult(TimeSpan? roundTripTime, string? reason) => (RoundTripTime, Reason) = (roundTripTime, reason);

    /// <summary>Whether the server is alive.</summary>
    public bool IsAlive => Reason is null;

    /// <summary>How long the server took to answer; null = not measured.</summary>
    public TimeSpan? RoundTripTime { get; }

    /// <summary>Why the server is dead, in words for a person; null if it is alive.</summary>
    public string? Reason { get; }

    /// <summary>The server is alive.</summary>
    /// <param name="roundTripTime">How long it took to answer, from 0 on; null = not measured.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public static ProbeResult Alive(TimeSpan? roundTripTime = null)
    {
        if (roundTripTime is { } time)
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(roundTripTime));
        return new ProbeResult(roundTripTime, null);
    }

    /// <summary>The server is dead.</summary>
    /// <param name="reason">Why, in words for a person, such as <c>the queue is full</c>.</param>
    /// <exception cref="ArgumentException">The reason is empty.</exception>
    public static ProbeResult Dead(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new ProbeResult(null, reason);
    }
}
