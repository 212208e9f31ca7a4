namespace Ilb;

/// <summary>A rule before and after; null where it is not there.</summary>
internal sealed record RuleChange
{
    public required RuleCase? Before { get; init; }

    public required RuleCase? After { get; init; }

    /// <summary>Whether it is reached and served by the same servers as before: then none leaves.</summary>
    public bool KeepsServers => Before is { } before && After is { } after && ReferenceEquals(before.Rule, after.Rule) && ReferenceEquals(before.Group, after.Group) && ReferenceEquals(before.Sorry, after.Sorry);

    /// <summary>With what becomes of the rule's runtime.</summary>
    public static RuleChange Of(RuleCase? before, RuleCase? after, DateTimeOffset now, bool isKept) => new() { Before = before, After = after?.Following(before, now, isKept) };
}
