using System.Runtime.InteropServices;
using Ilb.Netlink;
using Microsoft.Win32.SafeHandles;

namespace Ilb;

/// <summary>
/// Names one life of a network namespace: inode numbers are given again at once, and a runtime folder may outlive a boot. From the boot's ID and the cookie that the
/// kernel gives each namespace (<c>SO_NETNS_COOKIE</c>, Linux 5.14; 0 before).
/// </summary>
internal static partial class NetworkNamespaceLife
{
    // include/uapi/asm-generic/socket.h, include/linux/socket.h
    private const int UnixFamily = 1;
    private const int Datagram = 2;
    private const int CloseOnExec = 0x80000;
    private const int SocketLevel = 1;
    private const int CookieOption = 71;

    /// <param name="path">The namespace as a path; null = the caller's own.</param>
    /// <exception cref="IlbException">There is no such namespace, or it cannot be entered.</exception>
    public static string Read(string? path)
    {
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            if (path is null)
                return $"{boot} {Cookie()}";
            using var space = NetworkNamespace.Enter(path);
            return $"{boot} {space.Run(Cookie)}";
        }
        catch (NetlinkException e)
        {
            throw new IlbException(IpvsForwarder.Code(e.Code), e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IlbException(IlbErrorCode.InvalidArgument, $"cannot tell the network namespace: {e.Message}", e);
        }
    }

    // Of the thread's namespace.
    private static ulong Cookie()
    {
        using var socket = new SafeFileHandle(Socket(UnixFamily, Datagram | CloseOnExec, 0), ownsHandle: true);
        var length = sizeof(ulong);
        return !socket.IsInvalid && GetSocketOption(socket, SocketLevel, CookieOption, out var cookie, ref length) == 0 ? cookie : 0;
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    private static partial int GetSocketOption(SafeFileHandle socket, int level, int option, out ulong value, ref int length);
}
