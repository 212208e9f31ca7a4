namespace Ilb;

/// <summary>Says when the loop has come to it.</summary>
internal sealed class Barrier : Message
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task;

    public void Reach() => _reached.TrySetResult();

    public override void Refuse(Exception reason) => _reached.TrySetException(reason);
}
