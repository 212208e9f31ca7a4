using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>
/// A wait for a lock, in the kernel, which lets waiters in by turns: whoever asked again and again would starve among others that do. It cannot be broken off, so it takes a thread until the lock is free; whoever has given up and
/// asks once more goes on with the same wait. A lock that nobody wants any more when it comes is released at once.
/// </summary>
internal sealed class LockWait
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _turn = new();
    private readonly string _path;
    private bool _isWanted = true;
    private bool _isOver;

    /// <param name="file">The file; the wait's from now on.</param>
    /// <param name="path">Its path.</param>
    public LockWait(SafeFileHandle file, string path)
    {
        File = file;
        _path = path;
        new Thread(Run) { IsBackground = true, Name = "wait for the lock" }.Start();
    }

    public SafeFileHandle File { get; }

    /// <summary>Ends when the lock is had, if somebody wants it then.</summary>
    public Task End => _end.Task;

    /// <summary>Nobody wants it any more; false if the lock is had already.</summary>
    public bool TryGiveUp() => TrySetWanted(false);

    /// <summary>Somebody wants it again; false if it is over.</summary>
    public bool TryGoOn() => TrySetWanted(true);

    private bool TrySetWanted(bool isWanted)
    {
        lock (_turn)
        {
            if (!_isOver)
                _isWanted = isWanted;
            return !_isOver;
        }
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            LinuxCalls.Lock(File, _path);
        }
        catch (IOException e)
        {
            failure = e;
        }

        lock (_turn)
        {
            _isOver = true;
            if (!_isWanted)
                File.Dispose();
        }

        if (failure is null)
            _end.TrySetResult();
        else
            _end.TrySetException(failure);
        // Where nobody waits for it.
        _ = _end.Task.Exception;
    }
}
