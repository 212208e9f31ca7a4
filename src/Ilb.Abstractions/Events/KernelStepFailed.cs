namespace Ilb;

/// <summary>The kernel refused a step. It is tried again if somebody keeps the kernel.</summary>
public sealed record KernelStepFailed : LoadBalancerEvent
{
    /// <summary>The step, with its <see cref="PlanStep.Failure"/>.</summary>
    public required PlanStep Step { get; init; }
}
