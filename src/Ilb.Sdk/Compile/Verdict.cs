namespace Ilb;

/// <summary>What was found of a server in a rule, by its check or by others.</summary>
internal sealed record Verdict
{
    /// <summary>Whether it is alive.</summary>
    public required bool IsAlive { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why it is not, in the user's words; empty (default) if it is, or if no reason was given.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When it is over; null (default) = not by itself.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether it was said of all rules of the server's group, also of those that come later. Default false.</summary>
    public bool IsOfAllRules { get; init; }

    /// <summary>Whether its time is over; also where the clock was set back by more than it has, or it could be over in years.</summary>
    public bool IsOver(DateTimeOffset now) => Until is { } until && (now >= until || until - now > 2 * (until - Since));
}
