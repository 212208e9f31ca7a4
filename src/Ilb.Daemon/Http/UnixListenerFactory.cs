using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Ilb.Daemon.Http;

/// <summary>
/// Listens at Unix sockets. The web server's own listener lets the base library read the peer's address, which ends the process where that is longer than the listener's
/// (.NET 10.0: an unhandled exception in FinishOperationAccept): any user of the machine could bind a long name and stop the daemon. Here nobody asks for the address.
/// </summary>
internal sealed class UnixListenerFactory(ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    // The kernel allows as many as net.core.somaxconn says; connections that are refused go through it too.
    private const int Backlog = 4096;

    public bool CanBind(EndPoint endpoint) => endpoint is UnixDomainSocketEndPoint or FileHandleEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = endpoint is FileHandleEndPoint handed
            ? new Socket(new SafeSocketHandle((nint)handed.FileHandle, ownsHandle: true))
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (endpoint is not FileHandleEndPoint)
                socket.Bind(endpoint);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new UnixListener(socket, endpoint, loggers.CreateLogger("Ilb.Daemon")));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
