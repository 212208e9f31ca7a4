namespace Ilb;

/// <summary>Takes everything that is ours out of the kernel.</summary>
internal sealed class Withdrawal : Message
{
    private readonly TaskCompletionSource<ValueList<PlanStep>> _steps = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ValueList<PlanStep>> Steps => _steps.Task;

    public void Complete(ValueList<PlanStep> steps) => _steps.TrySetResult(steps);

    public override void Refuse(Exception reason) => _steps.TrySetException(reason);
}
