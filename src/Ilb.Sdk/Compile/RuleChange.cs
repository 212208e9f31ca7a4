namespace Ilb;

/// <summary>A rule before and after; null where it is not there.</summary>
internal sealed record RuleChange
{
    public required RuleCase? Before { get; init; }

    public required RuleCase? After { get; init; }

    /// <summary>With what becomes of the rule's runtime.</summary>
    public static RuleChange Of(RuleCase? before, RuleCase? after, DateTimeOffset now, bool isKept) => new() { Before = before, After = after?.Following(before, now, isKept) };
}
