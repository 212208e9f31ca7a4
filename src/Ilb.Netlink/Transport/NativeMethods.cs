using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Netlink.Transport;

/// <summary>The C library. Every call sets errno.</summary>
internal static partial class NativeMethods
{
    // include/linux/socket.h, include/uapi/linux/netlink.h, include/uapi/asm-generic/socket.h; the same on all architectures that .NET runs on.
    public const int AddressFamilyNetlink = 16;
    public const int SocketTypeRaw = 3;
    public const int SocketCloseOnExec = 0x80000;
    public const int SocketNonBlocking = 0x800;
    public const int LevelSocket = 1;
    public const int LevelNetlink = 270;
    public const int OptionSendBuffer = 7;
    public const int OptionReceiveBuffer = 8;
    public const int OptionSendBufferForce = 32;
    public const int OptionReceiveBufferForce = 33;
    public const int OptionCapAcknowledge = 10;
    public const int OptionExtendedAcknowledge = 11;
    public const int MessageTruncate = 0x20;
    public const int MessageDoNotWait = 0x40;
    public const int CloneNewNetwork = 0x40000000;
    public const short PollIn = 1;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(SafeFileHandle socket, in SocketAddress address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(SafeFileHandle socket, int level, int option, in int value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(SafeFileHandle socket, int level, int option, out int value, ref int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(SafeFileHandle socket, Span<byte> buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollDescriptor descriptor, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle descriptor, int kind);

    /// <summary>struct sockaddr_nl; all zero but the family = the kernel chooses the port.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SocketAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint Port;
        public uint Groups;
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
