using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>The right to change an instance: held by one engine of the machine at a time. The file stays when it is released, or two could lock two files of one name.</summary>
internal sealed class InstanceLock : IDisposable
{
    // What a timer can wait, 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly SafeFileHandle _file;

    private InstanceLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, waiting for another holder at most for a time.</summary>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.Locked"/> with the holder's name, or <see cref="IlbErrorCode.PermissionDenied"/>.</exception>
    public static async Task<InstanceLock> AcquireAsync(string path, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var file = Open(path);
        try
        {
            if (!LinuxCalls.TryLock(file, path))
                await WaitAsync(file, path, timeout, time, cancellationToken).ConfigureAwait(false);
            var holder = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Path.GetFileName(Environment.ProcessPath)}\n"));
            RandomAccess.SetLength(file, holder.Length);
            RandomAccess.Write(file, holder, 0);
            return new InstanceLock(file);
        }
        catch (TimeoutException e)
        {
            var holder = Holder(file);
            file.Dispose();
            throw new IlbException(IlbErrorCode.Locked, $"{path} is held by {holder}, waited {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: try again later", e);
        }
        catch (IOException e)
        {
            file.Dispose();
            throw new IlbException(IlbErrorCode.SaveFailed, $"cannot lock {path}: {LinuxCalls.Reason(e)}", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            // Nobody is to be named as the holder when nobody is.
            RandomAccess.SetLength(_file, 0);
        }
        catch (IOException)
        {
        }

        _file.Dispose();
    }

    // In the kernel, which lets waiters in by turns: whoever asked again and again would starve among others that do.
    // The wait itself cannot be broken off. When the caller gives up it disposes the file, which the call keeps open until it ends: a lock that is got after that is released at once.
    private static async Task WaitAsync(SafeFileHandle file, string path, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (timeout <= TimeSpan.Zero)
            throw new TimeoutException();
        var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                LinuxCalls.Lock(file, path);
                wait.TrySetResult();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The caller may have gone before the call began.
                wait.TrySetException(e);
                _ = wait.Task.Exception;
            }
        })
        { IsBackground = true, Name = "wait for the lock" };
        thread.Start();
        await wait.Task.WaitAsync(timeout < LongestWait ? timeout : LongestWait, time, cancellationToken).ConfigureAwait(false);
    }

    private static SafeFileHandle Open(string path)
    {
        try
        {
            new LinuxFileSystem().MakeFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return LinuxCalls.OpenLock(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IlbException(IlbErrorCode.PermissionDenied, $"cannot open {path}: permission denied; changes need root", e);
        }
        catch (IOException e)
        {
            throw new IlbException(IlbErrorCode.SaveFailed, $"cannot open {path}: {LinuxCalls.Reason(e)}", e);
        }
    }

    // A holder that was killed left its name behind, and the next one has not written its own yet.
    private static string Holder(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[256];
        var text = Encoding.UTF8.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]).Trim();
        return uint.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var process) && Directory.Exists($"/proc/{process}") ? $"process {text}" : "another process";
    }
}
