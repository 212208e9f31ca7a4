using System.Globalization;
using System.Net.Sockets;
using Ilb.Daemon.Access;

namespace Ilb.Daemon.Tests;

/// <summary>Peers are whom the file of their socket names: <c>USER.NUMBER</c>. Each has the group of its own number.</summary>
internal sealed class NamedPeers : IPeerSource
{
    public Peer Read(Socket socket)
    {
        var name = Path.GetFileName(socket.RemoteEndPoint!.ToString()!);
        var user = uint.Parse(name.Split('.')[0], CultureInfo.InvariantCulture);
        return new Peer(1234, user, user, [7]);
    }
}
