using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb.Testing.Netlink;

/// <summary>
/// What the kernel understands of a request, by the rules of ip_vs_genl_parse_service, _parse_dest, _new_daemon and _set_config (ip_vs_ctl.c, Linux 6.12): what it
/// would refuse with EINVAL fails the test.
/// </summary>
internal static class IpvsRequests
{
    public static IpvsOperation Decode(SentRequest request) => request.Command switch
    {
        1 => new IpvsOperation.AddService { Service = Service(request) },
        2 => new IpvsOperation.UpdateService { Service = Service(request) },
        3 => new IpvsOperation.RemoveService { Service = Key(request) },
        5 => new IpvsOperation.AddDestination { Service = Key(request), Destination = Destination(request) },
        6 => new IpvsOperation.UpdateDestination { Service = Key(request), Destination = Destination(request) },
        7 => Remove(request),
        9 => new IpvsOperation.StartSyncDaemon { Daemon = Daemon(request) },
        10 => new IpvsOperation.StopSyncDaemon { Role = (IpvsSyncRole)Need(request, 3, 1).U32 },
        12 => new IpvsOperation.SetTimeouts
        {
            Timeouts = new IpvsTimeouts { Tcp = Seconds(request.Find(4)), TcpFin = Seconds(request.Find(5)), Udp = Seconds(request.Find(6)) },
        },
        16 => new IpvsOperation.ZeroCounters { Service = request.Find(1) is null ? null : Key(request) },
        17 => new IpvsOperation.Flush(),
        _ => throw new InvalidOperationException($"command {request.Command}"),
    };

    private static IpvsServiceKey Key(SentRequest request)
    {
        var family = Family(Need(request, 1, 1).U16);
        if (request.Find(1, 5) is { } mark)
            return IpvsServiceKey.ForFirewallMark(mark.U32, family);
        return IpvsServiceKey.ForAddress((IpvsProtocol)Need(request, 1, 2).U16, Address(family, Need(request, 1, 3)), Need(request, 1, 4).Be16);
    }

    private static IpvsService Service(SentRequest request)
    {
        var key = Key(request);
        var flagsAndMask = Need(request, 1, 7).Payload;
        uint flags = BitConverter.ToUInt32(flagsAndMask), mask = BitConverter.ToUInt32(flagsAndMask, 4);
        // HASHED (2) is the kernel's; every other flag that it knows must be set or cleared.
        if (flagsAndMask.Length != 8 || mask != 0x3d || (flags & ~mask) != 0)
            throw new InvalidOperationException($"flags 0x{flags:x} with mask 0x{mask:x}");
        uint timeout = Need(request, 1, 8).U32;
        var netmask = key.Family == AddressFamily.InterNetwork
            ? IpvsNetmask.FromAddress(new IPAddress(Need(request, 1, 9).Payload))
            : IpvsNetmask.FromPrefixLength((int)Need(request, 1, 9).U32, AddressFamily.InterNetworkV6);
        if ((flags & 1) == 0 && (timeout != 0 || !netmask.IsHost))
            throw new InvalidOperationException("a service without persistence has a timeout or a netmask");
        return new IpvsService
        {
            Key = key,
            Scheduler = Need(request, 1, 6).Text,
            SchedulerOptions = (IpvsSchedulerOptions)(flags & 0x38),
            OnePacket = (flags & 4) != 0,
            Persistence = (flags & 1) == 0 ? null : new IpvsPersistence { Timeout = TimeSpan.FromSeconds(timeout), Netmask = netmask },
            PersistenceEngine = request.Find(1, 11)?.Text,
        };
    }

    private static IpvsDestination Destination(SentRequest request)
    {
        var tunnel = request.Find(2, 13) is { } kind
            ? new IpvsTunnel { Kind = (IpvsTunnelKind)kind.U8, Port = Need(request, 2, 14).Be16, Checksum = (IpvsTunnelChecksum)Need(request, 2, 15).U16 }
            : default;
        return new IpvsDestination
        {
            Address = Address(Family(Need(request, 2, 11).U16), Need(request, 2, 1)),
            Port = Need(request, 2, 2).Be16,
            Forwarding = (IpvsForwarding)Need(request, 2, 3).U32,
            Weight = (int)Need(request, 2, 4).U32,
            UpperThreshold = Need(request, 2, 5).U32,
            LowerThreshold = Need(request, 2, 6).U32,
            Tunnel = tunnel,
        };
    }

    private static IpvsOperation.RemoveDestination Remove(SentRequest request) => new()
    {
        Service = Key(request),
        Address = Address(Family(Need(request, 2, 11).U16), Need(request, 2, 1)),
        Port = Need(request, 2, 2).Be16,
    };

    private static IpvsSyncDaemon Daemon(SentRequest request) => new()
    {
        Role = (IpvsSyncRole)Need(request, 3, 1).U32,
        Interface = Need(request, 3, 2).Text,
        SyncId = (byte)Need(request, 3, 3).U32,
        MaximumLength = request.Find(3, 4)?.U16,
        Group = (request.Find(3, 5) ?? request.Find(3, 6)) is { } group ? Address(group.Type == 6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, group) : null,
        // nla_get_u16: the machine's order.
        Port = request.Find(3, 7)?.U16,
        TimeToLive = request.Find(3, 8)?.U8,
    };

    private static SentAttribute Need(SentRequest request, params ReadOnlySpan<int> path) => request.Find(path)
        ?? throw new InvalidOperationException($"command {request.Command} lacks attribute {string.Join('.', path.ToArray())}");

    private static IPAddress Address(AddressFamily family, SentAttribute attribute) => new(attribute.Payload.AsSpan(0, family == AddressFamily.InterNetworkV6 ? 16 : 4));

    private static AddressFamily Family(ushort number) => number switch
    {
        2 => AddressFamily.InterNetwork,
        10 => AddressFamily.InterNetworkV6,
        _ => throw new InvalidOperationException($"address family {number}"),
    };

    // Absent or 0 keeps the present value.
    private static TimeSpan? Seconds(SentAttribute? attribute) => attribute is null || attribute.U32 == 0 ? null : TimeSpan.FromSeconds(attribute.U32);
}
