using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>Tells the neighbours that an address is here now: nobody else does for one that has moved, and they would go on to send to where it was.</summary>
internal static class Announcement
{
    private const int HardwareLength = 6;

    /// <summary>Sends it, as far as the interface can: gratuitous ARP as request and as answer, since some hear only one of them, or an unsolicited neighbour advertisement.</summary>
    public static void Send(KernelSpace space, Link link, IPAddress address)
    {
        var hardware = link.HardwareAddress.GetAddressBytes();
        if (hardware.Length != HardwareLength)
            return;
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
                Advertise(space, link, address, hardware);
            else
                SendArp(space, link, address, hardware);
        }
        catch (SocketException)
        {
            // An interface that is down has no neighbours that could hear it.
        }
    }

    /// <summary>RFC 826, RFC 5227 §3.</summary>
    internal static byte[] Arp(byte operation, IPAddress address, ReadOnlySpan<byte> hardware)
    {
        byte[] message = [0, 1, 8, 0, HardwareLength, 4, 0, operation, .. hardware, .. address.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. address.GetAddressBytes()];
        if (operation == 2)
            hardware.CopyTo(message.AsSpan(18));
        return message;
    }

    /// <summary>RFC 4861 §4.4: of a router, not asked for, to override what was known.</summary>
    internal static byte[] Advertisement(IPAddress address, ReadOnlySpan<byte> hardware) => [136, 0, 0, 0, 0xa0, 0, 0, 0, .. address.GetAddressBytes(), 2, 1, .. hardware];

    private static void SendArp(KernelSpace space, Link link, IPAddress address, byte[] hardware)
    {
        using var socket = space.Run(static () => new Socket(AddressFamily.Packet, SocketType.Dgram, 0));
        var everybody = new LinkEndPoint(link.Index);
        socket.SendTo(Arp(1, address, hardware), everybody);
        socket.SendTo(Arp(2, address, hardware), everybody);
    }

    private static void Advertise(KernelSpace space, Link link, IPAddress address, byte[] hardware)
    {
        using var socket = space.Run(static () => new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, link.Index);
        // Neighbours believe only what no router has passed on.
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.SendTo(Advertisement(address, hardware), new IPEndPoint(IPAddress.Parse("ff02::1"), 0));
    }

    /// <summary>struct sockaddr_ll of include/uapi/linux/if_packet.h: everybody on a link, for ARP.</summary>
    private sealed class LinkEndPoint(int index) : EndPoint
    {
        private const int Length = 20;

        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, Length);
            // ETH_P_ARP in network order.
            (address[2], address[3]) = (0x08, 0x06);
            var number = BitConverter.GetBytes(index);
            for (var i = 0; i < number.Length; i++)
                address[4 + i] = number[i];
            address[11] = HardwareLength;
            for (var i = 0; i < HardwareLength; i++)
                address[12 + i] = 0xff;
            return address;
        }
    }
}
