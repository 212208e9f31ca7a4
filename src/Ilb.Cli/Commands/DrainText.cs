using System.Globalization;

namespace Ilb.Cli.Commands;

/// <summary>Says of servers that get no new connections which they still have, and who lets them go.</summary>
internal static class DrainText
{
    private const int MostLines = 5;

    /// <summary>What follows from a command, a line each.</summary>
    /// <param name="draining">The servers.</param>
    /// <param name="now">The present time.</param>
    /// <param name="hasDaemon">Whether somebody lets them go unasked.</param>
    public static IEnumerable<string> Lines(ValueList<DrainingServer> draining, DateTimeOffset now, bool hasDaemon)
    {
        foreach (var server in draining.Take(MostLines))
            yield return $"{Subject(server)} gets no new connections and keeps {Connections(server)} until {(Has(server) == 1 ? "it ends" : "they end")}{Limit(server, now)}";
        if (draining.Count > MostLines)
            yield return $"{draining.Count - MostLines} more keep theirs; see 'ilbadm show-server -o serverid,rulename,active,drain'";
        if (!hasDaemon && draining.Any(static server => server.IsLeaving || server.Deadline is not null))
            yield return "no daemon runs: the next command lets go what has no connections then, or has had its time; --wait stays and does it";
    }

    /// <summary>Those that a wait was too short for.</summary>
    public static IEnumerable<string> LateLines(ValueList<DrainingServer> late)
    {
        foreach (var server in late.Take(MostLines))
            yield return $"{Subject(server)} still has {Connections(server)}";
        if (late.Count > MostLines)
            yield return $"{late.Count - MostLines} more still have connections";
    }

    /// <summary>Seconds until connections are cut; null if they never are.</summary>
    public static string? Left(DrainingServer server, DateTimeOffset now) =>
        server.Deadline is { } deadline ? Math.Max(0, (long)Math.Ceiling((deadline - now).TotalSeconds)).ToString(CultureInfo.InvariantCulture) : null;

    private static string Subject(DrainingServer server) => $"server {server.Server} of rule {Quote.Of(server.Rule)}";

    // Those of TCP that are not open any more are over.
    private static long Has(DrainingServer server) => server.ActiveConnections > 0 ? server.ActiveConnections : server.InactiveConnections;

    private static string Connections(DrainingServer server) => Has(server) == 1 ? "1 connection" : $"{Has(server)} connections";

    private static string Limit(DrainingServer server, DateTimeOffset now) => Left(server, now) is { } left ? $", at most {left} s" : "";
}
