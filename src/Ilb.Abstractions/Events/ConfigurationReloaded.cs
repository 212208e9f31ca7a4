namespace Ilb;

/// <summary>The configuration was read anew, for somebody else had edited it.</summary>
public sealed record ConfigurationReloaded : LoadBalancerEvent
{
    /// <summary>The version that was read.</summary>
    public required string Version { get; init; }
}
