using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>The right to change an instance: held by one engine of the machine at a time. The file stays when it is released, or two could lock two files of one name.</summary>
internal sealed class InstanceLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly SafeFileHandle _file;

    private InstanceLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, waiting for another holder at most for a time.</summary>
    /// <exception cref="IlbException"><see cref="IlbErrorCode.Locked"/> with the holder's name, or <see cref="IlbErrorCode.PermissionDenied"/>.</exception>
    public static async Task<InstanceLock> AcquireAsync(string path, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var file = Open(path);
        try
        {
            var start = time.GetTimestamp();
            while (!LinuxCalls.TryLock(file, path))
            {
                if (time.GetElapsedTime(start) >= timeout)
                    throw new IlbException(IlbErrorCode.Locked, $"{path} is held by {Holder(file)}, waited {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: try again later");
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }

            var holder = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Path.GetFileName(Environment.ProcessPath)}\n"));
            RandomAccess.SetLength(file, holder.Length);
            RandomAccess.Write(file, holder, 0);
            return new InstanceLock(file);
        }
        catch (IOException e)
        {
            file.Dispose();
            throw new IlbException(IlbErrorCode.SaveFailed, $"cannot lock {path}: {e.Message}", e);
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
            throw new IlbException(IlbErrorCode.SaveFailed, $"cannot open {path}: {e.Message}", e);
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
