using System.Runtime.InteropServices;

namespace Ilb.Netlink.Route;

/// <summary>Numbers and headers of include/uapi/linux/rtnetlink.h, if_addr.h and if_link.h.</summary>
internal static class RouteConstants
{
    public const int Protocol = 0;

    /// <summary>One link alone can fill many KB, with alternative names and its driver's statistics.</summary>
    public const int ReceiveBufferLength = 64 << 10;

    public const ushort NewLink = 16;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort GetRoute = 26;
    public const ushort GetNeighbor = 30;

    public const ushort LinkAddress = 1;
    public const ushort LinkName = 3;
    public const ushort LinkMtu = 4;
    public const ushort LinkInformation = 18;
    public const ushort LinkInformationKind = 1;

    public const ushort AddressAddress = 1;
    public const ushort AddressLocal = 2;
    public const ushort AddressLabel = 3;
    public const ushort AddressBroadcast = 4;
    public const ushort AddressCacheInfo = 6;
    public const ushort AddressFlags = 8;

    public const ushort RouteDestination = 1;
    public const ushort RouteLink = 4;
    public const ushort RouteGateway = 5;
    public const ushort RouteSource = 7;
    public const ushort RouteVia = 18;

    public const ushort NeighborDestination = 1;
    public const ushort NeighborLinkAddress = 2;

    public const byte UnicastRoute = 1;
    public const byte LocalRoute = 2;

    // RTN_BLACKHOLE and what follows lead nowhere.
    public const byte LastRouteThatLeads = 5;

    // IFNAMSIZ with the NUL.
    public const int MaximumNameLength = 15;

    public const uint InfiniteLifetime = uint.MaxValue;

    /// <summary>struct ifinfomsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LinkHeader
    {
        public byte Family;
        public byte Padding;
        public ushort Type;
        public int Index;
        public uint Flags;
        public uint Change;
    }

    /// <summary>struct ifaddrmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct AddressHeader
    {
        public byte Family;
        public byte PrefixLength;
        public byte Flags;
        public byte Scope;
        public uint Index;
    }

    /// <summary>struct rtmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct RouteHeader
    {
        public byte Family;
        public byte DestinationLength;
        public byte SourceLength;
        public byte TypeOfService;
        public byte Table;
        public byte Protocol;
        public byte Scope;
        public byte Type;
        public uint Flags;
    }

    /// <summary>struct ndmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct NeighborHeader
    {
        public byte Family;
        public byte Padding1;
        public ushort Padding2;
        public int Index;
        public ushort State;
        public byte Flags;
        public byte Type;
    }

    /// <summary>struct ifa_cacheinfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CacheInformation
    {
        public uint Preferred;
        public uint Valid;
        public uint Created;
        public uint Updated;
    }
}
