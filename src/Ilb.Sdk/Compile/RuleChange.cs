namespace Ilb;

/// <summary>A rule before and after; null where it is not there.</summary>
internal sealed record RuleChange
{
    public required RuleCase? Before { get; init; }

    public required RuleCase? After { get; init; }
}
