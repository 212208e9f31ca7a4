using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Ilb.Integration.Tests.Harness;

/// <summary>Datagrams of one byte, each of another client of the lab's pool: each is a connection.</summary>
internal static partial class Flood
{
    // Source ports begin here; full NAT keeps them where it can, which is quicker than a search.
    private const int FirstPort = 4096;
    private const int Ports = 61_000;

    /// <summary>Makes a server drop them unanswered: who they are from has no socket for an answer.</summary>
    public static Task SwallowAsync(TestNamespace server) => server.NftAsync("""
        table inet flood {
            counter arrived { }
            chain in { type filter hook prerouting priority raw; udp length 9 counter name arrived drop; }
        }
        """);

    /// <summary>How many a server that drops them has got.</summary>
    public static async Task<int> ArrivedAsync(TestNamespace server)
    {
        var counter = await server.RunAsync("nft", ["list", "counter", "inet", "flood", "arrived"]);
        return int.Parse(Packets().Match(counter).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Sends them past the sockets, since nothing would be bound twice.</summary>
    /// <param name="from">A namespace: theirs, <c>client</c>, or one nearer to the balancer.</param>
    /// <param name="to">The VIP.</param>
    /// <param name="clients">Which clients.</param>
    public static void Send(TestNamespace from, IPEndPoint to, Range clients)
    {
        using var socket = from.Run(
            static () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw));
        // IP and UDP headers; the kernel fills in what is 0, and a checksum of UDP may be.
        var packet = new byte[29];
        (packet[0], packet[8], packet[9]) = (0x45, 64, 17);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        to.Address.GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), 9);
        var address = new IPEndPoint(to.Address, 0).Serialize();
        for (int client = clients.Start.Value; client < clients.End.Value; client++)
        {
            (packet[12], packet[13], packet[14], packet[15]) = (10, 77, (byte)(64 + (client / Ports)), 9);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)(FirstPort + (client % Ports)));
            socket.SendTo(packet, SocketFlags.None, address);
        }
    }

    [GeneratedRegex(@"packets (\d+)")]
    private static partial Regex Packets();
}
