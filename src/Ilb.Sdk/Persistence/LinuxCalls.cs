using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>System calls that the base library lacks, or hides behind a switch of its own (its file locks can be turned off from outside).</summary>
internal static unsafe partial class LinuxCalls
{
    private const int CloseOnExec = 0x80000; // O_CLOEXEC; this and the next three are the same on every architecture that .NET runs on
    private const int NonBlocking = 0x800;   // O_NONBLOCK
    private const int Create = 0x40;         // O_CREAT
    private const int OnlyNew = 0x80;        // O_EXCL
    private const int ReadWrite = 2;         // O_RDWR
    private const uint WriteOut = 2;         // SYNC_FILE_RANGE_WRITE
    private const int LockExclusive = 2;     // LOCK_EX
    private const int LockNoWait = 4;        // LOCK_NB
    private const int NoEntry = 2;           // ENOENT
    private const int Exists = 17;           // EEXIST
    private const int IsFolder = 21;         // EISDIR
    private const int Loop = 40;             // ELOOP
    private const int Interrupted = 4;       // EINTR
    private const int NoDevice = 6;          // ENXIO
    private const int WouldBlock = 11;       // EWOULDBLOCK
    private const int AccessDenied = 13;     // EACCES
    private const int CurrentFolder = -100;  // AT_FDCWD
    private const int EmptyPath = 0x1000;    // AT_EMPTY_PATH
    private const uint BasicStatus = 0x7ff;  // STATX_BASIC_STATS
    private const int StatusLength = 256;    // of struct statx
    private const int KindMask = 0xf000;     // S_IFMT
    private const int LinkItself = 0x100;    // AT_SYMLINK_NOFOLLOW
    private const int KindLink = 0xa000;     // S_IFLNK
    private const int KindFolder = 0x4000;   // S_IFDIR
    private const int KindRegular = 0x8000;  // S_IFREG
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Folder = "it is a folder";
    private const string NoRegularFile = "it is no regular file";

    // O_NOFOLLOW, one of the few numbers in which architectures differ.
    private static readonly int NoFollow =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Armv6 or Architecture.Arm64 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>Opens a folder or another object that only calls below are made on.</summary>
    public static SafeFileHandle OpenRead(string path)
    {
        var handle = Open(path, CloseOnExec, 0);
        return handle.IsInvalid ? throw Error("open", path) : handle;
    }

    /// <summary>The content of a regular file; null if there is none. Anything else is refused: a FIFO would never open, a device never end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximum">How many bytes it may have: a multiple of a megabyte.</param>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is no regular file or too large, or reading fails.</exception>
    public static byte[]? ReadRegularFile(string path, int maximum)
    {
        using var file = Open(path, CloseOnExec | NonBlocking, 0);
        if (file.IsInvalid)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                NoEntry => null,
                NoDevice => throw new IOException(NoRegularFile), // a socket
                _ => throw Error("open", path),
            };
        }

        RequireRegular(file, path);
        // It may grow meanwhile, and files of /proc say that they are empty: its end is where nothing more comes.
        var content = new byte[Math.Min(RandomAccess.GetLength(file), maximum) + 1];
        var length = 0;
        while (RandomAccess.Read(file, content.AsSpan(length), length) is > 0 and var read)
        {
            length += read;
            if (length > maximum)
                throw new IOException($"it is larger than {maximum >> 20} MB");
            if (length == content.Length)
                Array.Resize(ref content, (int)Math.Min(2L * length, maximum + 1L));
        }

        return content[..length];
    }

    /// <summary>
    /// Opens a file to be locked, and makes it if it is not there: the base library would lock it itself, in a way of its own.
    /// Only its owner can open it, or any user could hold the lock and so block every change. A link is not followed, for it could lead to a file that is then written over.
    /// One that is made belongs to whom its folder belongs to, see <see cref="GiveToFolder"/>.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    /// <exception cref="IOException">It is no regular file, or opening fails.</exception>
    public static SafeFileHandle OpenLock(string path)
    {
        const int Flags = CloseOnExec | NonBlocking | Create | ReadWrite;
        // Only what is new is given away: what lies there already, in a folder of somebody else, may be the other name of a file of ours.
        var handle = Open(path, Flags | NoFollow | OnlyNew, (uint)OwnerOnly);
        var isNew = !handle.IsInvalid;
        if (!isNew && Marshal.GetLastPInvokeError() == Exists)
        {
            handle.Dispose();
            handle = Open(path, Flags | NoFollow, (uint)OwnerOnly);
        }

        try
        {
            if (handle.IsInvalid)
            {
                throw Marshal.GetLastPInvokeError() switch
                {
                    IsFolder => new IOException(Folder),
                    Loop => new IOException("it is a symbolic link"),
                    NoDevice => new IOException(NoRegularFile),
                    _ => Error("open", path),
                };
            }

            // One of an earlier version is open to all; the mode of a new one was cut by the umask.
            var owner = RequireRegular(handle, path);
            if (owner.Mode != OwnerOnly && owner.User == EffectiveUser())
                SetMode(handle, OwnerOnly, path);
            if (isNew)
                GiveToFolder(handle, path);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens a regular file that is there, to write more. A link is not followed: in a folder of another user it could lead to a file of ours.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    /// <exception cref="IOException">It is no regular file, or opening fails.</exception>
    public static SafeFileHandle OpenWritten(string path)
    {
        var handle = Open(path, CloseOnExec | NonBlocking | NoFollow | ReadWrite, 0);
        try
        {
            if (handle.IsInvalid)
                throw Error("open", path);
            RequireRegular(handle, path);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether root would be led by a link that another user has laid.</summary>
    public static bool IsLinkOfOther(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        fixed (byte* start = status)
            return EffectiveUser() == 0 && StatX(CurrentFolder, path, LinkItself, BasicStatus, start) == 0 && (ModeIn(status) & KindMask) == KindLink && OwnerIn(status).User != 0;
    }

    /// <summary>Writes a file or a folder through to the disk.</summary>
    public static void Sync(SafeFileHandle handle, string path)
    {
        if (FSync(handle) != 0)
            throw Error("fsync", path);
    }

    /// <summary>Lets the disk begin with what was written, so that to wait for it later takes less. A hint: where it is not understood nothing is lost.</summary>
    public static void StartWriting(SafeFileHandle handle) => _ = SyncFileRange(handle, 0, 0, WriteOut);

    /// <summary>Takes an exclusive lock (flock(2)) that ends with the handle; false if somebody else holds it.</summary>
    public static bool TryLock(SafeFileHandle handle, string path)
    {
        if (FLock(handle, LockExclusive | LockNoWait) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == WouldBlock ? false : throw Error("flock", path);
    }

    /// <summary>Takes an exclusive lock, waiting for it on this thread as long as it takes.</summary>
    public static void Lock(SafeFileHandle handle, string path)
    {
        while (FLock(handle, LockExclusive) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                throw Error("flock", path);
        }
    }

    /// <summary>Owner, group and mode of a file.</summary>
    public static FileOwner Owner(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        StatusOf(path, status);
        return OwnerIn(status);
    }

    /// <summary>What tells a file from all others: its file system and its number there. Nothing is opened.</summary>
    public static (ulong FileSystem, ulong Number) Identity(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        StatusOf(path, status);
        // stx_dev_major and stx_dev_minor at 136, stx_ino at 32.
        return (MemoryMarshal.Read<ulong>(status[136..]), MemoryMarshal.Read<ulong>(status[32..]));
    }

    /// <summary>What tells a file and its content from others; null if there is no file.</summary>
    public static FileMark? Mark(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        fixed (byte* start = status)
        {
            if (StatX(CurrentFolder, path, 0, BasicStatus, start) != 0)
                return Marshal.GetLastPInvokeError() == NoEntry ? null : throw Error("statx", path);
        }

        // stx_size at 40; stx_ctime at 96 and stx_mtime at 112, each seconds (64 bits) and nanoseconds (32 bits).
        return new FileMark(MemoryMarshal.Read<ulong>(status[136..]), MemoryMarshal.Read<ulong>(status[32..]), MemoryMarshal.Read<ulong>(status[40..]), TimeIn(status[112..]), TimeIn(status[96..]));
    }

    public static void SetOwner(SafeFileHandle handle, FileOwner owner, string path)
    {
        if (FChown(handle, owner.User, owner.Group) != 0)
            throw Error("fchown", path);
    }

    /// <summary>
    /// What root makes in a folder of another user belongs to that user: the daemon, which is not root, must be able to open what root's commands have made before it. For all others nothing changes.
    /// </summary>
    /// <param name="made">A new file, and not what a path leads to: whoever owns the folder could have put something else there.</param>
    /// <param name="path">Its path.</param>
    public static void GiveToFolder(SafeFileHandle made, string path)
    {
        if (EffectiveUser() == 0 && Owner(Path.GetDirectoryName(Path.GetFullPath(path))!) is { User: not 0 } owner)
            SetOwner(made, owner, path);
    }

    public static void SetMode(SafeFileHandle handle, UnixFileMode mode, string path)
    {
        if (FChmod(handle, (uint)mode) != 0)
            throw Error("fchmod", path);
    }

    private static void StatusOf(string path, Span<byte> status)
    {
        fixed (byte* start = status)
        {
            if (StatX(CurrentFolder, path, 0, BasicStatus, start) != 0)
                throw Error("statx", path);
        }
    }

    // Refuses anything else that was opened by the path.
    private static FileOwner RequireRegular(SafeFileHandle handle, string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        fixed (byte* start = status)
        {
            if (StatX(handle, "", EmptyPath, BasicStatus, start) != 0)
                throw Error("statx", path);
        }

        switch (ModeIn(status) & KindMask)
        {
            case KindRegular:
                return OwnerIn(status);
            case KindFolder:
                throw new IOException(Folder);
            default:
                throw new IOException(NoRegularFile);
        }
    }

    // struct statx of include/uapi/linux/stat.h: the same on every architecture; stx_uid at 20, stx_gid at 24, stx_mode at 28.
    private static FileOwner OwnerIn(ReadOnlySpan<byte> status) => new()
    {
        User = MemoryMarshal.Read<uint>(status[20..]),
        Group = MemoryMarshal.Read<uint>(status[24..]),
        Mode = (UnixFileMode)(ModeIn(status) & 0xfff),
    };

    private static long TimeIn(ReadOnlySpan<byte> time) => (MemoryMarshal.Read<long>(time) * 1_000_000_000) + MemoryMarshal.Read<uint>(time[8..]);

    private static ushort ModeIn(ReadOnlySpan<byte> status) => MemoryMarshal.Read<ushort>(status[28..]);

    /// <summary>Why a file operation failed, without the path, which whoever tells it knows. The base library too puts the errno where others have an HRESULT.</summary>
    public static string Reason(Exception e) => e switch
    {
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException => "a folder of its path does not exist",
        { HResult: > 0 and < 4096 } => Marshal.GetPInvokeErrorMessage(e.HResult),
        _ => e.Message,
    };

    // As the base library has it: what is forbidden is no IOException.
    private static Exception Error(string call, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        var message = $"{call} {path}: {Marshal.GetPInvokeErrorMessage(errno)}";
        return errno == AccessDenied ? new UnauthorizedAccessException(message) : new IOException(message, errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncFileRange(SafeFileHandle handle, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle handle, int operation);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int FChown(SafeFileHandle handle, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChmod(SafeFileHandle handle, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(SafeFileHandle file, string path, int flags, uint mask, byte* status);
}
