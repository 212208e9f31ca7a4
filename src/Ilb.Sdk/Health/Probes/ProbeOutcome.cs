namespace Ilb;

/// <summary>How a probe ended.</summary>
internal readonly record struct ProbeOutcome
{
    /// <summary>What happened, as the state machine takes it.</summary>
    public HealthEvent Event { get; private init; }

    public bool IsAlive => Event.Kind == HealthEventKind.Alive;

    /// <summary>The server answered as it should.</summary>
    public static ProbeOutcome Alive(TimeSpan? roundTrip = null) => new() { Event = HealthEvent.Alive(roundTrip) };

    /// <summary>It did not.</summary>
    public static ProbeOutcome Failed(string reason) => new() { Event = HealthEvent.Failed(reason) };

    /// <summary>This machine could not probe, which says nothing of the server.</summary>
    public static ProbeOutcome NotRun(string reason) => new() { Event = HealthEvent.NotRun(reason) };

    /// <summary>The same with words before the reason.</summary>
    public ProbeOutcome Before(string words) => Event.Kind switch
    {
        HealthEventKind.Failed => Failed(words + Event.Reason),
        HealthEventKind.NotRun => NotRun(words + Event.Reason),
        _ => this,
    };

    /// <summary><c>alive</c> or the reason.</summary>
    public override string ToString() => Event.Kind switch
    {
        HealthEventKind.Alive => "alive",
        HealthEventKind.Failed => Event.Reason!,
        _ => $"not run: {Event.Reason}",
    };
}
