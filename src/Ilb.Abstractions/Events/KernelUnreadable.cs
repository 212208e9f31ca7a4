namespace Ilb;

/// <summary>What the kernel holds cannot be read, so what others do to it is not put right. Told once for a reason, until <see cref="KernelReadable"/>.</summary>
public sealed record KernelUnreadable : LoadBalancerEvent
{
    /// <summary>The reason.</summary>
    public required string Reason { get; init; }
}
