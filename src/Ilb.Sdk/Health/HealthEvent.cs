namespace Ilb;

/// <summary>What happens to a server's check.</summary>
internal readonly record struct HealthEvent
{
    private HealthEvent(HealthEventKind kind) => Kind = kind;

    public HealthEventKind Kind { get; }

    /// <summary>With <see cref="HealthEventKind.Alive"/>: how long the answer took; null = not measured.</summary>
    public TimeSpan? RoundTrip { get; private init; }

    /// <summary>With <see cref="HealthEventKind.Failed"/> and <see cref="HealthEventKind.NotRun"/>: why.</summary>
    public string? Reason { get; private init; }

    /// <summary>With <see cref="HealthEventKind.Begin"/>: within which time the first check is to begin.</summary>
    public TimeSpan Window { get; private init; }

    /// <summary>The time of the next check has come.</summary>
    public static HealthEvent Due { get; } = new(HealthEventKind.Due);

    /// <summary>The server or its rule is disabled.</summary>
    public static HealthEvent Disable { get; } = new(HealthEventKind.Disable);

    /// <summary>The server is to be checked from now on, the first time at random within a window.</summary>
    public static HealthEvent Begin(TimeSpan window) => new(HealthEventKind.Begin) { Window = window };

    /// <summary>The machine was not able to probe for a while: the check begins at random within a window, not with all others that are overdue.</summary>
    public static HealthEvent Postpone(TimeSpan window) => new(HealthEventKind.Postpone) { Window = window };

    /// <summary>The step under way ended well.</summary>
    public static HealthEvent Alive(TimeSpan? roundTrip) => new(HealthEventKind.Alive) { RoundTrip = roundTrip };

    /// <summary>The step under way failed.</summary>
    public static HealthEvent Failed(string reason) => new(HealthEventKind.Failed) { Reason = reason };

    /// <summary>The step under way could not be carried out, for reasons that are not the server's.</summary>
    public static HealthEvent NotRun(string reason) => new(HealthEventKind.NotRun) { Reason = reason };
}
