using System.Net.Sockets;

namespace Ilb.Daemon.Access;

/// <summary>Tells who is at the other end of a connection.</summary>
internal interface IPeerSource
{
    /// <exception cref="SocketException">It cannot be told.</exception>
    Peer Read(Socket socket);
}
