namespace Ilb;

/// <summary>The sorry group of a rule serves from now on, because fewer servers than <see cref="Ilb.SorryGroup.Quorum"/> are able; or it does not any more.</summary>
public sealed record SorryGroupSwitched : LoadBalancerEvent
{
    /// <summary>The rule.</summary>
    public required string Rule { get; init; }

    /// <summary>Its sorry group.</summary>
    public required string SorryGroup { get; init; }

    /// <summary>Whether the sorry group serves now.</summary>
    public required bool IsServing { get; init; }
}
