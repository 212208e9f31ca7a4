namespace Ilb;

/// <summary>What the counters have said of a server so far. Pure. Times are those of a clock that only goes forward.</summary>
internal readonly record struct PassiveState
{
    // The kernel sums up its counters every 2 s, those of one server at once: what came back for the connections that were seen is to be seen with the next sum.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    /// <summary>The counters when the server was heard of last, or looked at first.</summary>
    public PassiveCount Base { get; private init; }

    /// <summary>When the last of the readings was that had no connection more.</summary>
    public TimeSpan Since { get; private init; }

    /// <summary>When enough connections without an answer were seen first; null if they were not.</summary>
    public TimeSpan? Enough { get; private init; }

    /// <summary>What the last reading said.</summary>
    public PassiveFinding Finding { get; private init; }

    /// <summary>With <see cref="PassiveFinding.Silent"/>: how many connections had no answer.</summary>
    public ulong Unanswered { get; private init; }

    /// <summary>The first reading.</summary>
    public static PassiveState First(PassiveCount count, TimeSpan now) => new() { Base = count, Since = now };

    /// <summary>What follows from another reading.</summary>
    /// <param name="count">The counters.</param>
    /// <param name="connections">So many without an answer are enough.</param>
    /// <param name="now">The time.</param>
    public PassiveState Next(PassiveCount count, int connections, TimeSpan now)
    {
        // The service was made anew, or somebody set the counters to zero.
        if (count.Connections < Base.Connections || count.Answers < Base.Answers)
            return First(count, now);
        if (count.Answers > Base.Answers)
            return First(count, now) with { Finding = PassiveFinding.Heard };
        var unanswered = count.Connections - Base.Connections;
        if (unanswered == 0)
            return this with { Since = now, Enough = null, Finding = PassiveFinding.Nothing };
        var enough = Enough ?? (unanswered >= (ulong)connections ? now : null);
        return this with { Enough = enough, Finding = enough is { } seen && now - seen >= Grace ? PassiveFinding.Silent : PassiveFinding.Nothing, Unanswered = unanswered };
    }
}
