namespace Ilb;

/// <summary>
/// Threads of their own for code of others that may block: on those of the pool it would hold up all that the program does, the load balancer's own work too, for the pool grows by a thread or two a second. There are as many as
/// are blocked at the same time; one that has had nothing to do for a while ends.
/// </summary>
internal sealed class ProbeThreads(string name) : TaskScheduler
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    [ThreadStatic]
    private static ProbeThreads? _own;

    private readonly object _turn = new();
    private readonly Queue<Task> _waiting = new();
    // Those that wait, also those that are woken and have not yet taken what they are woken for.
    private int _idle;

    protected override void QueueTask(Task task)
    {
        lock (_turn)
        {
            _waiting.Enqueue(task);
            if (_waiting.Count <= _idle)
            {
                Monitor.Pulse(_turn);
                return;
            }
        }

        new Thread(Loop) { IsBackground = true, Name = name }.Start();
    }

    // What is already in the queue is run from there.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => !taskWasPreviouslyQueued && _own == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_turn)
            return [.. _waiting];
    }

    private void Loop()
    {
        _own = this;
        while (Take() is { } task)
            TryExecuteTask(task);
    }

    private Task? Take()
    {
        lock (_turn)
        {
            Task? task;
            while (!_waiting.TryDequeue(out task))
            {
                _idle++;
                var isWoken = Monitor.Wait(_turn, Idle);
                _idle--;
                if (!isWoken && _waiting.Count == 0)
                    break;
            }

            return task;
        }
    }
}
