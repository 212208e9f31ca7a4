using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ilb.Netlink.Transport;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Route;

/// <summary>rtnetlink answers from bytes.</summary>
internal static class RouteMessages
{
    public static Link Link(scoped in NetlinkMessage message)
    {
        var header = message.Header<RouteConstants.LinkHeader>();
        string? name = null;
        uint mtu = 0;
        string? kind = null;
        var hardware = PhysicalAddress.None;
        var attributes = message.Attributes(Unsafe.SizeOf<RouteConstants.LinkHeader>());
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteConstants.LinkName:
                    name = attributes.String();
                    break;
                case RouteConstants.LinkMtu:
                    mtu = attributes.UInt32();
                    break;
                case RouteConstants.LinkAddress:
                    hardware = new PhysicalAddress(attributes.Payload.ToArray());
                    break;
                case RouteConstants.LinkInformation:
                    kind = Kind(attributes.Nested());
                    break;
            }
        }

        return new Link
        {
            Index = header.Index,
            Name = name ?? throw ProtocolError.Make("link {0} has no name", header.Index),
            States = (LinkStates)header.Flags,
            Mtu = (int)Math.Min(mtu, int.MaxValue),
            HardwareAddress = hardware,
            Kind = kind,
        };
    }

    /// <summary>A neighbour, or null for one of another family than IPv4 and IPv6.</summary>
    public static NeighborState? Neighbor(scoped in NetlinkMessage message)
    {
        var header = message.Header<RouteConstants.NeighborHeader>();
        if (!KernelAddress.IsFamily(header.Family))
            return null;
        int length = KernelAddress.Length(KernelAddress.Family(header.Family));
        IPAddress? address = null;
        var hardware = PhysicalAddress.None;
        var attributes = message.Attributes(Unsafe.SizeOf<RouteConstants.NeighborHeader>());
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteConstants.NeighborDestination:
                    address = attributes.Address(length);
                    break;
                case RouteConstants.NeighborLinkAddress:
                    hardware = new PhysicalAddress(attributes.Payload.ToArray());
                    break;
            }
        }

        return address is null ? null : new NeighborState { LinkIndex = header.Index, Address = address, HardwareAddress = hardware, States = (NeighborStates)header.State };
    }

    /// <summary>An address, or null for one of another family than IPv4 and IPv6 (Phonet, MCTP): a list has those of all families.</summary>
    public static InterfaceAddressState? Address(scoped in NetlinkMessage message)
    {
        var header = message.Header<RouteConstants.AddressHeader>();
        if (!KernelAddress.IsFamily(header.Family))
            return null;
        // struct ifaddrmsg has room for 8 flags; the attribute, since Linux 3.14, for all.
        uint flags = header.Flags;
        IPAddress? address = null, local = null;
        string? label = null;
        var life = new RouteConstants.CacheInformation { Preferred = RouteConstants.InfiniteLifetime, Valid = RouteConstants.InfiniteLifetime };
        int length = KernelAddress.Length(KernelAddress.Family(header.Family));
        var attributes = message.Attributes(Unsafe.SizeOf<RouteConstants.AddressHeader>());
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteConstants.AddressAddress:
                    address = attributes.Address(length);
                    break;
                case RouteConstants.AddressLocal:
                    local = attributes.Address(length);
                    break;
                case RouteConstants.AddressLabel:
                    label = attributes.String();
                    break;
                case RouteConstants.AddressFlags:
                    flags = attributes.UInt32();
                    break;
                case RouteConstants.AddressCacheInfo:
                    life = MemoryMarshal.Read<RouteConstants.CacheInformation>(attributes.Bytes(Unsafe.SizeOf<RouteConstants.CacheInformation>()));
                    break;
            }
        }

        return new InterfaceAddressState
        {
            LinkIndex = (int)header.Index,
            Address = local ?? address ?? throw ProtocolError.Make("an address of link {0} is missing", header.Index),
            PrefixLength = header.PrefixLength,
            States = (InterfaceAddressStates)flags,
            PreferredLifetime = Lifetime(life.Preferred),
            ValidLifetime = Lifetime(life.Valid),
            Label = label,
        };
    }

    /// <summary>A route, or null for one that leads nowhere.</summary>
    public static RouteState? Route(scoped in NetlinkMessage message)
    {
        var header = message.Header<RouteConstants.RouteHeader>();
        if (!KernelAddress.IsFamily(header.Family) || header.Type > RouteConstants.LastRouteThatLeads)
            return null;
        int length = KernelAddress.Length(KernelAddress.Family(header.Family));
        int? link = null;
        IPAddress? gateway = null, source = null;
        var attributes = message.Attributes(Unsafe.SizeOf<RouteConstants.RouteHeader>());
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteConstants.RouteLink:
                    link = (int)attributes.UInt32();
                    break;
                case RouteConstants.RouteGateway:
                    gateway = attributes.Address(length);
                    break;
                // struct rtvia: a router of another family.
                case RouteConstants.RouteVia:
                    gateway = new IPAddress(attributes.Bytes(2 + KernelAddress.Length(KernelAddress.Family(attributes.UInt16())))[2..]);
                    break;
                case RouteConstants.RouteSource:
                    source = attributes.Address(length);
                    break;
            }
        }

        return new RouteState { LinkIndex = link ?? throw ProtocolError.Make("a route leads to no link"), Kind = KindOf(header.Type), Gateway = gateway, Source = source };
    }

    public static NetlinkException Refused(string doing, in NetlinkAcknowledgement acknowledgement) => new(Errno.ToCode(acknowledgement.Errno),
        $"{doing}: {(acknowledgement.Errno == Errno.EPERM ? "needs CAP_NET_ADMIN" : ErrorText.Of(acknowledgement))}",
        acknowledgement.Errno, acknowledgement.Text, acknowledgement.Offset);

    private static RouteKind KindOf(byte type) => type switch { RouteConstants.UnicastRoute => RouteKind.Unicast, RouteConstants.LocalRoute => RouteKind.Local, _ => RouteKind.Other };

    private static string? Kind(NetlinkAttributeReader information)
    {
        while (information.MoveNext())
        {
            if (information.Type == RouteConstants.LinkInformationKind)
                return information.String();
        }

        return null;
    }

    private static TimeSpan? Lifetime(uint seconds) => seconds == RouteConstants.InfiniteLifetime ? null : TimeSpan.FromSeconds(seconds);
}
