namespace Ilb;

/// <summary>What is remembered of one server's check. Times are those of a clock that only goes forward.</summary>
internal readonly record struct HealthState
{
    /// <summary>The verdict.</summary>
    public ServerHealth Status { get; init; }

    /// <summary>What is under way.</summary>
    public HealthStep Step { get; init; }

    /// <summary>Failures in a row (FAIL).</summary>
    public int Failures { get; init; }

    /// <summary>Successes in a row that are not enough yet.</summary>
    public int Successes { get; init; }

    /// <summary>When the last check ended (LAST); null if none has.</summary>
    public TimeSpan? Last { get; init; }

    /// <summary>When the next check begins (NEXT), or the one under way was to begin; null if there is none.</summary>
    public TimeSpan? Next { get; init; }

    /// <summary>The smoothed round-trip time (RTT); null if it was never measured.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Why the last probe failed, or could not be made; null if it succeeded.</summary>
    public string? Reason { get; init; }
}
