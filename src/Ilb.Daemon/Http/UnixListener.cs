using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Daemon.Http;

/// <summary>Accepts connections on a thread of its own, which sleeps in the kernel while there are none.</summary>
internal sealed partial class UnixListener : IConnectionListener
{
    private const short PollReadable = 1; // POLLIN
    private const int CloseOnExec = 0x80000; // SOCK_CLOEXEC
    private const int NotConnected = 22;     // EINVAL: it listens no more
    private const int BadDescriptor = 9;     // EBADF
    private const int Stack = 128 << 10;
    // Out of descriptors or memory: others may give some back.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly ILogger _logger;
    private readonly SocketConnectionContextFactory _connections;
    // What is accepted waits for the web server, not in an ever longer queue.
    private readonly Channel<Socket> _accepted = Channel.CreateBounded<Socket>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Thread _thread;
    // Wakes the thread. Not by shutting the socket down: systemd keeps it, and would hand over a dead one to the next process.
    private readonly SafeFileHandle _wake;

    public UnixListener(Socket socket, EndPoint endpoint, ILogger logger)
    {
        _socket = socket;
        _logger = logger;
        EndPoint = endpoint;
        _connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), logger);
        _wake = new SafeFileHandle(EventFd(0, CloseOnExec), ownsHandle: true);
        _thread = new Thread(Accept, Stack) { IsBackground = true, Name = "accept" };
        _thread.Start();
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_accepted.Reader.TryRead(out var socket))
                continue;
            try
            {
                return _connections.Create(socket);
            }
            catch (Exception e) when (e is SocketException or ArgumentException or ObjectDisposedException)
            {
                // It is gone already, or has an address that the base library cannot read.
                socket.Dispose();
            }
        }

        return null;
    }

    /// <summary>Takes one connection that waits, without room for the peer's address: one that is longer than ours would end the process (see <see cref="UnixListenerFactory"/>).</summary>
    /// <returns>The connection; null where it could not be had.</returns>
    public static Socket? TakeOne(Socket listening)
    {
        var descriptor = Accept4(listening.SafeHandle, 0, 0, CloseOnExec);
        return descriptor < 0 ? null : Wrap(descriptor);
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_stopped.IsSet)
            return ValueTask.CompletedTask;
        _stopped.Set();
        _ = Write(_wake, 1, sizeof(ulong));
        while (_thread.IsAlive && !_thread.Join(Pause))
        {
            // It may wait for the web server to take what it has accepted.
            if (_accepted.Reader.TryRead(out var socket))
                socket.Dispose();
        }

        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out var socket))
            socket.Dispose();
        _connections.Dispose();
        _stopped.Dispose();
    }

    private void Accept()
    {
        var isTold = false;
        while (!_stopped.IsSet)
        {
            if (!WaitForOne())
                break;
            var descriptor = Accept4(_socket.SafeHandle, 0, 0, CloseOnExec);
            if (descriptor >= 0)
            {
                isTold = false;
                if (!TryHandOn(descriptor))
                    break;
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno is NotConnected or BadDescriptor)
                break;
            if (!isTold)
                Log.NotAccepted(_logger, Marshal.GetPInvokeErrorMessage(errno));
            isTold = true;
            _stopped.Wait(Pause);
        }

        _accepted.Writer.TryComplete();
    }

    private bool TryHandOn(int descriptor)
    {
        if (Wrap(descriptor) is not { } socket)
            return true;
        while (!_accepted.Writer.TryWrite(socket))
        {
            if (!_accepted.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
            {
                socket.Dispose();
                return false;
            }
        }

        return true;
    }

    private static Socket? Wrap(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            return new Socket(handle);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            handle.Dispose();
            return null;
        }
    }

    // Whether somebody wants to connect; false when it stops.
    private bool WaitForOne()
    {
        Span<PollDescriptor> both =
        [
            new() { Descriptor = (int)_socket.SafeHandle.DangerousGetHandle(), Events = PollReadable },
            new() { Descriptor = (int)_wake.DangerousGetHandle(), Events = PollReadable },
        ];
        _ = Poll(ref both[0], (nuint)both.Length, Timeout.Infinite);
        return both[1].Happened == 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeHandle file, in ulong value, nint length);

    // Without room for the peer's address.
    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept4(SafeHandle socket, nint address, nint length, int flags);

    // struct pollfd of <poll.h>.
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
