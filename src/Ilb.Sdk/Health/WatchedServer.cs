namespace Ilb;

/// <summary>A server in a rule that is to be watched: what the engine says to the <see cref="HealthScheduler"/>.</summary>
internal sealed record WatchedServer
{
    /// <summary>Whose health it is.</summary>
    public required HealthKey Key { get; init; }

    /// <summary>How it is checked.</summary>
    public required HealthCheck Check { get; init; }

    /// <summary>Where the probes go.</summary>
    public required ProbeTarget Target { get; init; }

    /// <summary>Whether it is checked at all: false while the server or the rule is disabled.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>What was known of it in an earlier life of the program; it counts until the first verdict. Default nothing.</summary>
    public ServerHealth Known { get; init; }
}
