using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Testing.Netlink;

/// <summary>Bodies of answers as net/netfilter/ipvs/ip_vs_ctl.c (Linux 6.12) fills them: its order, its lengths, its flags.</summary>
internal static class IpvsAnswers
{
    private const uint Hashed = 2;

    /// <summary>ip_vs_genl_fill_service.</summary>
    public static byte[] Service(IpvsService service, IpvsStatistics statistics = default) =>
        Join(GenericHeader(1), Nest(1, [.. ServiceAttributes(service), Statistics32(10, statistics), Statistics64(12, statistics)]));

    public static byte[][] ServiceAttributes(IpvsService service)
    {
        var key = service.Key;
        bool v6 = key.Family == AddressFamily.InterNetworkV6;
        uint flags = Hashed | (uint)service.SchedulerOptions | (service.Persistence is null ? 0 : 1u) | (service.OnePacket ? 4u : 0);
        var mask = service.Persistence?.Netmask ?? IpvsNetmask.Host;
        return
        [
            U16(1, (ushort)(v6 ? 10 : 2)),
            .. key.Address is null
                ? (byte[][])[U32(5, key.FirewallMark)]
                : [U16(2, (ushort)key.Protocol!.Value), UnionAddress(3, key.Address), Be16(4, key.Port)],
            Text(6, service.Scheduler),
            .. service.PersistenceEngine is null ? (byte[][])[] : [Text(11, service.PersistenceEngine)],
            Attribute(7, [.. BitConverter.GetBytes(flags), 0xff, 0xff, 0xff, 0xff]),
            U32(8, (uint)(service.Persistence?.Timeout.TotalSeconds ?? 0)),
            v6 ? U32(9, mask.IsHost ? 128 : (uint)mask.PrefixLength!.Value) : Attribute(9, mask.IsHost ? [255, 255, 255, 255] : IPAddress.Parse(mask.ToString()).GetAddressBytes()),
        ];
    }

    /// <summary>ip_vs_genl_fill_dest.</summary>
    public static byte[] Destination(IpvsDestinationState state) =>
        Join(GenericHeader(5), Nest(2, [.. DestinationAttributes(state), Statistics32(10, state.Statistics), Statistics64(12, state.Statistics)]));

    public static byte[][] DestinationAttributes(IpvsDestinationState state)
    {
        var destination = state.Destination;
        return
        [
            UnionAddress(1, destination.Address),
            Be16(2, destination.Port),
            U32(3, (uint)destination.Forwarding),
            U32(4, (uint)destination.Weight),
            U8(13, (byte)destination.Tunnel.Kind),
            Be16(14, destination.Tunnel.Port),
            U16(15, (ushort)destination.Tunnel.Checksum),
            U32(5, destination.UpperThreshold),
            U32(6, destination.LowerThreshold),
            U32(7, state.ActiveConnections),
            U32(8, state.InactiveConnections),
            U32(9, state.PersistentConnections),
            U16(11, (ushort)(destination.Address.AddressFamily == AddressFamily.InterNetworkV6 ? 10 : 2)),
        ];
    }

    /// <summary>ip_vs_genl_fill_daemon.</summary>
    public static byte[] Daemon(IpvsSyncDaemonState daemon) => Join(GenericHeader(9), Nest(3,
    [
        U32(1, (uint)daemon.Role),
        Text(2, daemon.Interface),
        U32(3, daemon.SyncId),
        U16(4, daemon.MaximumLength!.Value),
        U16(7, daemon.Port!.Value),
        U8(8, daemon.TimeToLive!.Value),
        Attribute(daemon.Group!.AddressFamily == AddressFamily.InterNetworkV6 ? 6 : 5, daemon.Group.GetAddressBytes()),
    ]));

    public static byte[] Timeouts(uint tcp, uint tcpFin, uint udp) => Join(GenericHeader(12), U32(4, tcp), U32(5, tcpFin), U32(6, udp));

    public static byte[] Kernel(uint version = 0x010201, uint size = 4096) => Join(GenericHeader(14), U32(1, version), U32(2, size));

    /// <summary>ip_vs_genl_fill_stats: 32 bits but for the bytes, which come with a pad (nla_put_u64_64bit).</summary>
    public static byte[] Statistics32(int type, IpvsStatistics s) => Nest(type,
        U32(1, (uint)s.Connections), U32(2, (uint)s.IncomingPackets), U32(3, (uint)s.OutgoingPackets), U64(4, s.IncomingBytes), U64(5, s.OutgoingBytes),
        U32(6, (uint)s.ConnectionRate), U32(7, (uint)s.IncomingPacketRate), U32(8, (uint)s.OutgoingPacketRate), U32(9, (uint)s.IncomingByteRate), U32(10, (uint)s.OutgoingByteRate));

    /// <summary>ip_vs_genl_fill_stats64, with the pads of a machine that needs 8-byte alignment.</summary>
    public static byte[] Statistics64(int type, IpvsStatistics s) => Nest(type,
        Attribute(11), U64(1, s.Connections), Attribute(11), U64(2, s.IncomingPackets), U64(3, s.OutgoingPackets), U64(4, s.IncomingBytes), U64(5, s.OutgoingBytes),
        U64(6, s.ConnectionRate), U64(7, s.IncomingPacketRate), U64(8, s.OutgoingPacketRate), U64(9, s.IncomingByteRate), U64(10, s.OutgoingByteRate));
}
