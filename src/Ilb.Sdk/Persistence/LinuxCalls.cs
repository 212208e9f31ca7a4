using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>System calls that the base library lacks, or hides behind a switch of its own (its file locks can be turned off from outside).</summary>
internal static unsafe partial class LinuxCalls
{
    private const int CloseOnExec = 0x80000; // O_CLOEXEC; this and the next two are the same on every architecture that .NET runs on
    private const int Create = 0x40;         // O_CREAT
    private const int ReadWrite = 2;         // O_RDWR
    private const int LockExclusive = 2;     // LOCK_EX
    private const int LockNoWait = 4;        // LOCK_NB
    private const int WouldBlock = 11;       // EWOULDBLOCK
    private const int AccessDenied = 13;     // EACCES
    private const int CurrentFolder = -100;  // AT_FDCWD
    private const uint BasicStatus = 0x7ff;  // STATX_BASIC_STATS

    /// <summary>Opens a folder or another object that only calls below are made on.</summary>
    public static SafeFileHandle OpenRead(string path)
    {
        var handle = Open(path, CloseOnExec, 0);
        return handle.IsInvalid ? throw Error("open", path) : handle;
    }

    /// <summary>Opens a file to be locked, and makes it if it is not there: the base library would lock it itself, in a way of its own.</summary>
    public static SafeFileHandle OpenLock(string path)
    {
        var handle = Open(path, CloseOnExec | Create | ReadWrite, 0x1a4); // 0644
        if (!handle.IsInvalid)
            return handle;
        throw Marshal.GetLastPInvokeError() == AccessDenied ? new UnauthorizedAccessException(path) : Error("open", path);
    }

    /// <summary>Writes a file or a folder through to the disk.</summary>
    public static void Sync(SafeFileHandle handle, string path)
    {
        if (FSync(handle) != 0)
            throw Error("fsync", path);
    }

    /// <summary>Takes an exclusive lock (flock(2)) that ends with the handle; false if somebody else holds it.</summary>
    public static bool TryLock(SafeFileHandle handle, string path)
    {
        if (FLock(handle, LockExclusive | LockNoWait) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == WouldBlock ? false : throw Error("flock", path);
    }

    /// <summary>Owner, group and mode of a file.</summary>
    public static FileOwner Owner(string path)
    {
        // struct statx of include/uapi/linux/stat.h: the same on every architecture; stx_uid at 20, stx_gid at 24, stx_mode at 28.
        Span<byte> status = stackalloc byte[256];
        fixed (byte* start = status)
        {
            if (StatX(CurrentFolder, path, 0, BasicStatus, start) != 0)
                throw Error("statx", path);
        }

        return new FileOwner
        {
            User = MemoryMarshal.Read<uint>(status[20..]),
            Group = MemoryMarshal.Read<uint>(status[24..]),
            Mode = (UnixFileMode)(MemoryMarshal.Read<ushort>(status[28..]) & 0xfff),
        };
    }

    public static void SetOwner(SafeFileHandle handle, FileOwner owner, string path)
    {
        if (FChown(handle, owner.User, owner.Group) != 0)
            throw Error("fchown", path);
    }

    public static void SetMode(SafeFileHandle handle, UnixFileMode mode, string path)
    {
        if (FChmod(handle, (uint)mode) != 0)
            throw Error("fchmod", path);
    }

    private static IOException Error(string call, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle handle, int operation);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int FChown(SafeFileHandle handle, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChmod(SafeFileHandle handle, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, byte* status);
}
