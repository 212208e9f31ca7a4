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
    /// <param name="path">The lock's file.</param>
    /// <param name="timeout">How long; zero = not at all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="last">The wait of a try that gave up; it goes on if it can.</param>
    /// <param name="giveUp">Gets the wait that this try gives up.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.Locked"/> with the holder's name, or <see cref="IlbErrorCode.PermissionDenied"/>.</exception>
    public static async Task<InstanceLock> AcquireAsync(string path, TimeSpan timeout, TimeProvider time, LockWait? last, Action<LockWait> giveUp, CancellationToken cancellationToken)
    {
        var wait = last?.TryGoOn() == true ? last : null;
        var file = wait?.File ?? Open(path);
        try
        {
            if (wait is not null || !LinuxCalls.TryLock(file, path))
            {
                if (timeout <= TimeSpan.Zero)
                    throw new TimeoutException();
                wait ??= new LockWait(file, path);
                await wait.End.WaitAsync(timeout < LongestWait ? timeout : LongestWait, time, cancellationToken).ConfigureAwait(false);
            }

            var holder = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Path.GetFileName(Environment.ProcessPath)}\n"));
            RandomAccess.SetLength(file, holder.Length);
            RandomAccess.Write(file, holder, 0);
            return new InstanceLock(file);
        }
        catch (Exception e)
        {
            var holder = e is TimeoutException ? Holder(file) : "";
            if (wait?.TryGiveUp() == true)
                giveUp(wait);
            else
                file.Dispose();
            throw e switch
            {
                TimeoutException => new IlbException(IlbErrorCode.Locked, $"{path} is held by {holder}, waited {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: try again later", e),
                IOException => new IlbException(IlbErrorCode.SaveFailed, $"cannot lock {path}: {LinuxCalls.Reason(e)}", e),
                _ => e,
            };
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
