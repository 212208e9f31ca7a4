using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Ilb.Netlink.Ipvs;

namespace Ilb.Testing.Netlink;

/// <summary>Every IPVS value that can be sent: all protocols, families, schedulers, flags, masks, tunnels, and their edges.</summary>
public static class IpvsGenerators
{
    private static readonly string[] Names = [.. IpvsSchedulers.All, "none", "x", "fifteen-letters", "größe"];

    public static Gen<IPAddress> V4 { get; } = Gen.OneOf(
        Bytes(4).Select(bytes => new IPAddress(bytes)),
        Gen.Elements("0.0.0.0", "127.0.1.1", "192.0.2.1", "255.255.255.255").Select(IPAddress.Parse));

    public static Gen<IPAddress> V6 { get; } = Gen.OneOf(
        Bytes(16).Select(bytes => new IPAddress(bytes)),
        Gen.Elements("::", "::1", "ff00::", "fe80::1", "2001:db8::1", "::ffff:192.0.2.1", "7f00:101::").Select(IPAddress.Parse));

    public static Gen<ushort> Port { get; } = Gen.OneOf(Gen.Elements<ushort>(0, 1, 53, 80, 0x1234, 8080, 65535), Gen.Choose(0, 65535).Select(port => (ushort)port));

    public static Gen<uint> U32 { get; } = Gen.OneOf(Gen.Elements(0u, 1u, 0x80000000u, uint.MaxValue), Bytes(4).Select(bytes => BitConverter.ToUInt32(bytes)));

    public static Gen<ulong> U64 { get; } = Gen.OneOf(Gen.Elements(0ul, 1ul, uint.MaxValue, ulong.MaxValue), Bytes(8).Select(bytes => BitConverter.ToUInt64(bytes)));

    public static Gen<IpvsServiceKey> Key { get; } = Gen.OneOf(
        from protocol in Gen.Elements(Enum.GetValues<IpvsProtocol>())
        from address in Gen.OneOf(V4, V6)
        from port in Port
        select IpvsServiceKey.ForAddress(protocol, address, port),
        from mark in U32.Where(mark => mark != 0)
        from family in Gen.Elements(AddressFamily.InterNetwork, AddressFamily.InterNetworkV6)
        select IpvsServiceKey.ForFirewallMark(mark, family));

    public static Gen<TimeSpan> Seconds { get; } = Gen.OneOf(Gen.Elements(1, 300, 360, 2147483), Gen.Choose(1, 2147483)).Select(seconds => TimeSpan.FromSeconds(seconds));

    public static Gen<IpvsService> Service { get; } =
        from key in Key
        from scheduler in Gen.Elements(Names)
        from options in Gen.Choose(0, 7)
        from persistence in Persistence(key.Family).OrNull()
        from engine in Gen.Elements("sip", "other").OrNull()
        from onePacket in Gen.Elements(true, false)
        select new IpvsService
        {
            Key = key,
            Scheduler = scheduler,
            SchedulerOptions = (IpvsSchedulerOptions)(options << 3),
            Persistence = persistence,
            PersistenceEngine = engine,
            OnePacket = onePacket,
        };

    public static Gen<IpvsTunnel> Tunnel { get; } =
        from kind in Gen.Elements(Enum.GetValues<IpvsTunnelKind>())
        from port in Port
        from checksum in Gen.Elements(Enum.GetValues<IpvsTunnelChecksum>())
        select new IpvsTunnel { Kind = kind, Port = port, Checksum = checksum };

    public static Gen<IpvsDestination> Destination { get; } =
        from address in Gen.OneOf(V4, V6)
        from port in Port
        from forwarding in Gen.Elements(Enum.GetValues<IpvsForwarding>())
        from weight in Gen.OneOf(Gen.Elements(0, 1, 65535, 65536, int.MaxValue), Gen.Choose(0, int.MaxValue))
        from upper in U32.Select(value => value & int.MaxValue)
        from lower in U32
        from tunnel in Gen.OneOf(Tunnel, Gen.Constant(default(IpvsTunnel)))
        select new IpvsDestination { Address = address, Port = port, Forwarding = forwarding, Weight = weight, UpperThreshold = upper, LowerThreshold = lower, Tunnel = tunnel };

    public static Gen<IpvsSyncDaemon> Daemon { get; } =
        from role in Gen.Elements(Enum.GetValues<IpvsSyncRole>())
        from device in Gen.Elements("eth0", "lo", "fifteen-letters")
        from id in Gen.Choose(0, 255)
        from length in Gen.Choose(1, 65535).OrNullValue()
        from @group in Gen.OneOf(V4, V6).OrNull()
        from port in Gen.Choose(1, 65535).OrNullValue()
        from life in Gen.Choose(1, 255).OrNullValue()
        select new IpvsSyncDaemon
        {
            Role = role,
            Interface = device,
            SyncId = (byte)id,
            MaximumLength = (ushort?)length,
            Group = @group,
            Port = (ushort?)port,
            TimeToLive = (byte?)life,
        };

    public static Gen<IpvsStatistics> Statistics { get; } =
        from counters in U64.ArrayOf(10)
        select new IpvsStatistics
        {
            Connections = counters[0],
            IncomingPackets = counters[1],
            OutgoingPackets = counters[2],
            IncomingBytes = counters[3],
            OutgoingBytes = counters[4],
            ConnectionRate = counters[5],
            IncomingPacketRate = counters[6],
            OutgoingPacketRate = counters[7],
            IncomingByteRate = counters[8],
            OutgoingByteRate = counters[9],
        };

    public static Gen<IpvsServiceState> ServiceState { get; } =
        from service in Service
        from statistics in Statistics
        select new IpvsServiceState { Service = service, Statistics = statistics };

    public static Gen<IpvsDestinationState> DestinationState { get; } =
        from destination in Destination
        from counts in U32.ArrayOf(3)
        from statistics in Statistics
        select new IpvsDestinationState
        {
            Destination = destination,
            ActiveConnections = counts[0],
            InactiveConnections = counts[1],
            PersistentConnections = counts[2],
            Statistics = statistics,
        };

    public static Gen<IpvsSyncDaemonState> DaemonState { get; } =
        from daemon in Daemon
        from address in Gen.OneOf(V4, V6)
        select new IpvsSyncDaemonState
        {
            Role = daemon.Role,
            Interface = daemon.Interface,
            SyncId = daemon.SyncId,
            MaximumLength = daemon.MaximumLength ?? 1472,
            Group = daemon.Group ?? address,
            Port = daemon.Port ?? 8848,
            TimeToLive = daemon.TimeToLive ?? 1,
        };

    public static Gen<IpvsOperation> Operation { get; } = Gen.OneOf<IpvsOperation>(
        Service.Select(service => (IpvsOperation)new IpvsOperation.AddService { Service = service }),
        Service.Select(service => (IpvsOperation)new IpvsOperation.UpdateService { Service = service }),
        Key.Select(key => (IpvsOperation)new IpvsOperation.RemoveService { Service = key }),
        from key in Key from destination in Destination select (IpvsOperation)new IpvsOperation.AddDestination { Service = key, Destination = destination },
        from key in Key from destination in Destination select (IpvsOperation)new IpvsOperation.UpdateDestination { Service = key, Destination = destination },
        from key in Key
        from destination in Destination
        select (IpvsOperation)new IpvsOperation.RemoveDestination { Service = key, Address = destination.Address, Port = destination.Port },
        Key.OrNull().Select(key => (IpvsOperation)new IpvsOperation.ZeroCounters { Service = key }),
        Gen.Constant((IpvsOperation)new IpvsOperation.Flush()),
        from tcp in Seconds.OrNullValue()
        from tcpFin in Seconds.OrNullValue()
        from udp in Seconds.OrNullValue()
        select (IpvsOperation)new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts { Tcp = tcp, TcpFin = tcpFin, Udp = udp } },
        Daemon.Select(daemon => (IpvsOperation)new IpvsOperation.StartSyncDaemon { Daemon = daemon }),
        Gen.Elements(Enum.GetValues<IpvsSyncRole>()).Select(role => (IpvsOperation)new IpvsOperation.StopSyncDaemon { Role = role }));

    public static Arbitrary<IpvsServiceKey> Keys() => Key.ToArbitrary();

    public static Arbitrary<IpvsServiceState> ServiceStates() => ServiceState.ToArbitrary();

    public static Arbitrary<IpvsDestinationState> DestinationStates() => DestinationState.ToArbitrary();

    public static Arbitrary<IpvsSyncDaemonState> DaemonStates() => DaemonState.ToArbitrary();

    public static Arbitrary<IpvsOperation> Operations() => Operation.ToArbitrary();

    private static Gen<byte[]> Bytes(int length) => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(length);

    private static Gen<IpvsPersistence> Persistence(AddressFamily family) =>
        from timeout in Seconds
        from netmask in family == AddressFamily.InterNetwork
            ? Gen.OneOf(Gen.Choose(0, 32).Select(length => IpvsNetmask.FromPrefixLength(length, family)), V4.Select(IpvsNetmask.FromAddress))
            : Gen.Choose(1, 128).Select(length => IpvsNetmask.FromPrefixLength(length, family))
        select new IpvsPersistence { Timeout = timeout, Netmask = netmask };

    private static Gen<T?> OrNull<T>(this Gen<T> gen)
        where T : class => Gen.OneOf(gen.Select(value => (T?)value), Gen.Constant<T?>(null));

    private static Gen<T?> OrNullValue<T>(this Gen<T> gen)
        where T : struct => Gen.OneOf(gen.Select(value => (T?)value), Gen.Constant<T?>(null));
}
