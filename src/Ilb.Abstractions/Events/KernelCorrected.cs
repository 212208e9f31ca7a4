namespace Ilb;

/// <summary>The kernel did not hold what it should, and was put right unasked: others had changed it, or it had refused a step that succeeds now.</summary>
public sealed record KernelCorrected : LoadBalancerEvent
{
    /// <summary>What was done.</summary>
    public required PlanStep Step { get; init; }

    /// <summary>Whether it was refused before; if not, others had changed the kernel.</summary>
    public required bool IsRetry { get; init; }
}
