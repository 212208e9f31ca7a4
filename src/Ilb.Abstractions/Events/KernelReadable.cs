namespace Ilb;

/// <summary>What the kernel holds can be read again.</summary>
public sealed record KernelReadable : LoadBalancerEvent;
