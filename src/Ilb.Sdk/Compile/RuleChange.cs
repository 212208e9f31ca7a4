namespace Ilb;

/// <summary>A rule with its server group before and after; null where it is not there.</summary>
internal sealed record RuleChange
{
    public required Rule? Before { get; init; }

    public required ServerGroup? GroupBefore { get; init; }

    public required Rule? After { get; init; }

    public required ServerGroup? GroupAfter { get; init; }
}
