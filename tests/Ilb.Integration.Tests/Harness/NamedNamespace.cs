using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Ilb.Integration.Tests.Harness;

/// <summary>Makes and deletes network namespaces as <c>ip netns</c> does, without its processes.</summary>
internal static partial class NamedNamespace
{
    private const string Folder = "/run/netns";
    private const int NewNetwork = 0x40000000;
    private const nuint Bind = 0x1000;
    private const nuint Recursive = 0x4000;
    private const nuint Shared = 0x100000;
    private const int Detach = 2;
    private const nuint SetInterfaceFlags = 0x8914;
    private const short Up = 1;

    private static readonly Lazy<bool> Prepared = new(Prepare);

    /// <summary>Makes one with loopback up.</summary>
    /// <param name="path">A new file in <c>/run/netns</c>.</param>
    public static Task AddAsync(string path)
    {
        _ = Prepared.Value;
        var made = new TaskCompletionSource();
        // The thread that has left the tests' namespace ends here.
        new Thread(() =>
        {
            try
            {
                File.WriteAllBytes(path, []);
                Check(Unshare(NewNetwork), "unshare");
                Check(Mount("/proc/thread-self/ns/net", path, "none", Bind, null), "mount");
                RaiseLoopback();
                made.SetResult();
            }
            catch (Exception e)
            {
                made.SetException(e);
            }
        })
        { IsBackground = true }.Start();
        return made.Task;
    }

    /// <summary>Deletes one; it lives on until the last socket in it is closed.</summary>
    public static void Delete(string path)
    {
        Check(Unmount(path, Detach), "umount");
        File.Delete(path);
    }

    // As `ip netns add` leaves the folder: below its mount older namespaces would stay hidden.
    private static bool Prepare()
    {
        Directory.CreateDirectory(Folder);
        if (Mount("", Folder, "none", Shared | Recursive, null) != 0)
        {
            Check(Mount(Folder, Folder, "none", Bind | Recursive, null), "mount");
            Check(Mount("", Folder, "none", Shared | Recursive, null), "mount");
        }

        return true;
    }

    private static void RaiseLoopback()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        // struct ifreq: the name in 16 bytes, then the flags.
        var request = new byte[40];
        Encoding.ASCII.GetBytes("lo", request);
        BitConverter.TryWriteBytes(request.AsSpan(16), Up);
        Check(Control(socket.SafeHandle, SetInterfaceFlags, request), "ioctl");
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
            throw new InvalidOperationException(call, new Win32Exception(Marshal.GetLastPInvokeError()));
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int kinds);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeHandle socket, nuint request, Span<byte> argument);
}
