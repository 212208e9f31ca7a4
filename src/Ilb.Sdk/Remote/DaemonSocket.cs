using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Ilb;

/// <summary>The way to a daemon's socket. By system calls: where nobody is, which is told to every command, the base library's sockets would cost more than all the rest.</summary>
internal static partial class DaemonSocket
{
    private const ushort Family = 1;          // AF_UNIX
    private const int Stream = 1;             // SOCK_STREAM
    private const int CloseOnExec = 0x80000;  // SOCK_CLOEXEC
    private const int NonBlocking = 0x800;    // SOCK_NONBLOCK
    private const int PathLength = 108;       // of sun_path, with the zero at its end; unix(7)
    private const int NotPermitted = 1;       // EPERM
    private const int NoEntry = 2;            // ENOENT
    private const int NoFolder = 20;          // ENOTDIR
    private const int AccessDenied = 13;      // EACCES
    private const int QueueFull = 11;         // EAGAIN
    private const int Refused = 111;          // ECONNREFUSED

    private static readonly TimeSpan QueueWait = TimeSpan.FromMilliseconds(20);

    /// <summary>The socket of an instance whose options name none.</summary>
    public static string DefaultPath(LoadBalancerOptions options) => Path.Combine(options.RuntimeDirectory, options.Instance == "ilb" ? "ilbd.sock" : $"{options.Instance}.sock");

    /// <summary>Connects; null where nobody is: there is no socket, or its daemon ended without taking it away.</summary>
    /// <exception cref="IlbException">Somebody may be there, but cannot be reached.</exception>
    public static async ValueTask<Socket?> TryConnectAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (socket, errno) = Connect(path);
            if (socket is not null)
                return socket;
            if (errno is NoEntry or NoFolder or Refused)
                return null;
            if (errno != QueueFull)
                throw Failure(path, errno);
            // More want to be served than the daemon has taken so far. The kernel tells nobody when there is room.
            await Task.Delay(QueueWait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Connects to somebody who must be there.</summary>
    /// <exception cref="IlbException">Nobody can be reached.</exception>
    public static async ValueTask<Socket> ConnectAsync(string path, TimeProvider time, CancellationToken cancellationToken) =>
        await TryConnectAsync(path, time, cancellationToken).ConfigureAwait(false) ?? throw Absent(path);

    /// <summary>Nobody is there.</summary>
    public static IlbException Absent(string path) => new(IlbErrorCode.DaemonUnreachable, File.Exists(path)
        ? $"cannot reach the daemon: nobody listens at {path}; is it running?"
        : $"cannot reach the daemon: there is no socket {path}; is it running?");

    private static IlbException Failure(string path, int errno) => errno is AccessDenied or NotPermitted
        ? new IlbException(IlbErrorCode.PermissionDenied, $"no access to the daemon's socket {path}: permission denied; its owner and group have it")
        : new IlbException(IlbErrorCode.DaemonUnreachable, $"cannot connect to the daemon's socket {path}: {Marshal.GetPInvokeErrorMessage(errno)}");

    // A socket in the file system connects at once or not at all, so nothing blocks here.
    private static unsafe (Socket? Socket, int Errno) Connect(string path)
    {
        Span<byte> address = stackalloc byte[sizeof(ushort) + PathLength];
        address.Clear();
        MemoryMarshal.Write(address, Family);
        if (path.Contains('\0', StringComparison.Ordinal) || !Encoding.UTF8.TryGetBytes(path, address[sizeof(ushort)..^1], out _))
            throw new IlbException(IlbErrorCode.InvalidArgument, $"the path of the socket {Quote.Of(path)} cannot be one: up to {PathLength - 1} bytes are allowed, and no zero");
        var descriptor = SocketCall(Family, Stream | CloseOnExec | NonBlocking, 0);
        if (descriptor < 0)
            return (null, Marshal.GetLastPInvokeError());
        fixed (byte* start = address)
        {
            // No handle before there is a connection: the first one of a process starts a thread that waits for events.
            if (ConnectCall(descriptor, start, address.Length) == 0)
                return (new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)), 0);
        }

        var errno = Marshal.GetLastPInvokeError();
        _ = CloseCall(descriptor);
        return (null, errno);
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketCall(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int ConnectCall(int descriptor, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCall(int descriptor);
}
