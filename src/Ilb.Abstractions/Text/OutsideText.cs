namespace Ilb;

/// <summary>Verdicts of others for a person.</summary>
internal static class OutsideText
{
    // So many of a list are named.
    private const int Shown = 3;

    public static string Of(OutsideVerdict verdict)
    {
        var servers = verdict.Servers ?? [];
        return $"server{(servers.Count == 1 ? "" : "s")} {string.Join(", ", servers.Take(Shown).Select(static server => Quote.Of(server?.ToString())))}{(servers.Count > Shown ? $" and {servers.Count - Shown} more" : "")}"
            + $"{(verdict.Rule is null ? "" : $" of rule {Quote.Of(verdict.Rule)}")} {verdict.Word.ToText()}{(verdict.TimeToLive is { } time ? $" for {Length(time)}" : "")}{(verdict.Reason is null ? "" : $": {verdict.Reason}")}";
    }

    private static string Length(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0 ? $"{Duration.Format(time)} s" : Duration.Format(time);
}
