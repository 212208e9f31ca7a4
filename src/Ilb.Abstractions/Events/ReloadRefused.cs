namespace Ilb;

/// <summary>The configuration that was to be read anew was refused; the one before it goes on.</summary>
public sealed record ReloadRefused : LoadBalancerEvent
{
    /// <summary>All reasons.</summary>
    public required ValueList<IlbError> Errors { get; init; }
}
