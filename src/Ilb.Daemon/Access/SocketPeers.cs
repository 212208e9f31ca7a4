using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ilb.Daemon.Access;

/// <summary>What the kernel noted of the peer when it connected: a peer can neither forge it nor change it later.</summary>
internal sealed unsafe partial class SocketPeers : IPeerSource
{
    // include/uapi/asm-generic/socket.h
    private const int SocketLevel = 1;       // SOL_SOCKET
    private const int PeerCredentials = 17;  // SO_PEERCRED: struct ucred, pid, uid, gid, 32 bits each
    private const int PeerGroups = 59;       // SO_PEERGROUPS, Linux 4.13
    private const int OutOfRange = 34;       // ERANGE: more groups than there is room for
    private const int MaximumGroups = 65536; // NGROUPS_MAX

    public Peer Read(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
        return new Peer(credentials[0], (uint)credentials[1], (uint)credentials[2], ReadGroups(socket));
    }

    // Not by the base library, which does not tell how much room is needed.
    private static uint[] ReadGroups(Socket socket)
    {
        var groups = new uint[32];
        while (true)
        {
            var length = groups.Length * sizeof(uint);
            int result;
            fixed (uint* start = groups)
                result = GetSocketOption(socket.SafeHandle, SocketLevel, PeerGroups, start, ref length);
            if (result == 0)
                return groups[..(length / sizeof(uint))];
            // An older kernel, or a socket without: the peer has its primary group.
            if (Marshal.GetLastPInvokeError() != OutOfRange || length <= groups.Length * sizeof(uint) || length > MaximumGroups * sizeof(uint))
                return [];
            groups = new uint[length / sizeof(uint)];
        }
    }

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSocketOption(SafeHandle socket, int level, int option, uint* value, ref int length);
}
