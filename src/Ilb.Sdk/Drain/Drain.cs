namespace Ilb;

/// <summary>How a rule treats the connections of servers that leave. Pure.</summary>
internal static class Drain
{
    /// <summary>How often connections of those that leave are counted. Twice in a row there must be none: one may be under way to a server that has just lost its weight.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether connections are cut at once: those of UDP have no end to wait for.</summary>
    public static bool IsCut(Rule rule) => rule.ConnectionDrain == TimeSpan.Zero && rule is { Protocol: Protocol.Udp, FirewallMark: null };

    /// <summary>When connections are cut that are left alone now; null = never.</summary>
    public static DateTimeOffset? DeadlineOf(TimeSpan drain, DateTimeOffset since) => drain == TimeSpan.Zero ? null : since + drain;

    /// <summary>How long until the connections of a server of a rule are cut next, zero if the clock was set back since it got no new ones; null if those of none are.</summary>
    public static TimeSpan? NextIn(Rule rule, RuleRuntime runtime, DateTimeOffset now) => rule.ConnectionDrain == TimeSpan.Zero
        ? null
        : runtime.Drains.Values.Select(since => since > now ? TimeSpan.Zero : since + rule.ConnectionDrain - now is var next && next > TimeSpan.Zero ? next : (TimeSpan?)null).Min();

    /// <summary>How many connections may go on: those of TCP and SCTP that are closed are remembered by the kernel for a while; of UDP it has an entry as long as they may go on. What others mark may be of any protocol.</summary>
    public static long CountOpen(Rule rule, long active, long inactive) => rule is { Protocol: not Protocol.Udp, FirewallMark: null } ? active : active + inactive;

    /// <summary>Whether connections have ended.</summary>
    public static bool HasEnded(Rule rule, long active, long inactive) => CountOpen(rule, active, inactive) == 0;

    /// <summary>Whether the kernel must forget connections with their server: it would go on to send them there, or nowhere.</summary>
    public static bool NeedsCut(Rule rule) => rule.ConnectionDrain > TimeSpan.Zero || rule.Protocol == Protocol.Udp || rule.Health?.OnDead == DeadAction.Cut;
}
