using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Netlink.Transport;

/// <summary>
/// A netlink socket of the network namespace that the opening thread is in. .NET's Socket neither makes one (it refuses the family) nor tells a truncated
/// datagram's length, so these are plain system calls.
/// </summary>
internal sealed class NetlinkSocket : INetlinkSocket
{
    // An acknowledgement is charged with its socket buffer: 36 bytes and, on an error, the kernel's words, in a slab of at most 1 KB, and struct sk_buff (256).
    private const int AcknowledgementCharge = 1280;

    // Doubled by the kernel: room for all acknowledgements of the smallest requests in a full send buffer.
    private const int ReceiveBuffer = 1 << 20;

    // Doubled too: room for a full send and what the kernel keeps beside it.
    private const int SendBuffer = NetlinkConnection.SendBufferLength;

    private readonly SafeFileHandle _handle;

    private NetlinkSocket(SafeFileHandle handle, int maximumRequests)
    {
        _handle = handle;
        MaximumRequests = maximumRequests;
    }

    public int MaximumRequests { get; }

    public static NetlinkSocket Open(int protocol)
    {
        int descriptor = NativeMethods.Socket(NativeMethods.AddressFamilyNetlink,
            NativeMethods.SocketTypeRaw | NativeMethods.SocketCloseOnExec | NativeMethods.SocketNonBlocking, protocol);
        if (descriptor < 0)
            throw SystemCallError.Make("opening a netlink socket");
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            var address = new NativeMethods.SocketAddress { Family = NativeMethods.AddressFamilyNetlink };
            if (NativeMethods.Bind(handle, address, Unsafe.SizeOf<NativeMethods.SocketAddress>()) != 0)
                throw SystemCallError.Make("binding a netlink socket");
            // Kernels before 4.12 lack these two; they only make errors terser or acknowledgements longer.
            Set(handle, NativeMethods.LevelNetlink, NativeMethods.OptionExtendedAcknowledge, 1);
            Set(handle, NativeMethods.LevelNetlink, NativeMethods.OptionCapAcknowledge, 1);
            if (!Set(handle, NativeMethods.LevelSocket, NativeMethods.OptionReceiveBufferForce, ReceiveBuffer))
                Set(handle, NativeMethods.LevelSocket, NativeMethods.OptionReceiveBuffer, ReceiveBuffer);
            // The kernel refuses a datagram larger than the send buffer, and net.core.wmem_default is anybody's.
            if (!Set(handle, NativeMethods.LevelSocket, NativeMethods.OptionSendBufferForce, SendBuffer))
                Set(handle, NativeMethods.LevelSocket, NativeMethods.OptionSendBuffer, SendBuffer);
            int length = sizeof(int);
            if (NativeMethods.GetSocketOption(handle, NativeMethods.LevelSocket, NativeMethods.OptionReceiveBuffer, out int room, ref length) != 0)
                throw SystemCallError.Make("reading a netlink socket's buffer size");
            return new NetlinkSocket(handle, Math.Max(1, room / AcknowledgementCharge));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        while (NativeMethods.Send(_handle, datagram, datagram.Length, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw SystemCallError.Make("sending to the kernel");
        }
    }

    public int Receive(Span<byte> buffer, TimeSpan timeout)
    {
        // The clock is read only if there is nothing to receive: where reading it is a system call, it would double the cost of an acknowledgement.
        long? started = null;
        while (true)
        {
            // With MSG_TRUNC the result is the datagram's length, not what was copied.
            nint received = NativeMethods.Receive(_handle, buffer, buffer.Length, NativeMethods.MessageTruncate | NativeMethods.MessageDoNotWait);
            if (received >= 0)
                return (int)received;
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR:
                    continue;
                case Errno.ENOBUFS:
                    return NetlinkReceive.Overrun;
                case Errno.EAGAIN:
                    break;
                default:
                    throw SystemCallError.Make("receiving from the kernel");
            }

            started ??= Stopwatch.GetTimestamp();
            var left = timeout - Stopwatch.GetElapsedTime(started.Value);
            if (left <= TimeSpan.Zero)
                return NetlinkReceive.TimedOut;
            var poll = new NativeMethods.PollDescriptor { Descriptor = (int)_handle.DangerousGetHandle(), Events = NativeMethods.PollIn };
            if (NativeMethods.Poll(ref poll, 1, (int)Math.Ceiling(left.TotalMilliseconds)) < 0 && Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw SystemCallError.Make("waiting for the kernel");
        }
    }

    public void Dispose() => _handle.Dispose();

    private static bool Set(SafeFileHandle handle, int level, int option, int value) =>
        NativeMethods.SetSocketOption(handle, level, option, value, sizeof(int)) == 0;
}
