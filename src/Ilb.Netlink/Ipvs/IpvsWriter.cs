using System.Net.Sockets;
using System.Runtime.InteropServices;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>IPVS requests as bytes.</summary>
internal static class IpvsWriter
{
    public static void Write(ref NetlinkWriter writer, IpvsOperation operation)
    {
        switch (operation)
        {
            case IpvsOperation.AddService add:
                Header(ref writer, IpvsConstants.Command.NewService);
                Service(ref writer, add.Service);
                break;
            case IpvsOperation.UpdateService update:
                Header(ref writer, IpvsConstants.Command.SetService);
                Service(ref writer, update.Service);
                break;
            case IpvsOperation.RemoveService remove:
                Header(ref writer, IpvsConstants.Command.DelService);
                ServiceKey(ref writer, remove.Service);
                break;
            case IpvsOperation.AddDestination add:
                Header(ref writer, IpvsConstants.Command.NewDest);
                ServiceKey(ref writer, add.Service);
                Destination(ref writer, add.Destination);
                break;
            case IpvsOperation.UpdateDestination update:
                Header(ref writer, IpvsConstants.Command.SetDest);
                ServiceKey(ref writer, update.Service);
                Destination(ref writer, update.Destination);
                break;
            case IpvsOperation.RemoveDestination remove:
                Header(ref writer, IpvsConstants.Command.DelDest);
                ServiceKey(ref writer, remove.Service);
                int start = writer.StartNested(IpvsConstants.Top.Dest);
                writer.WriteUInt16(IpvsConstants.Dest.AddrFamily, KernelAddress.FamilyNumber(remove.Address.AddressFamily));
                writer.WriteAddress(IpvsConstants.Dest.Addr, remove.Address);
                writer.WriteUInt16BigEndian(IpvsConstants.Dest.Port, remove.Port);
                writer.EndNested(start);
                break;
            case IpvsOperation.ZeroCounters zero:
                Header(ref writer, IpvsConstants.Command.Zero);
                if (zero.Service is { } key)
                    ServiceKey(ref writer, key);
                break;
            case IpvsOperation.Flush:
                Header(ref writer, IpvsConstants.Command.Flush);
                break;
            case IpvsOperation.SetTimeouts set:
                Header(ref writer, IpvsConstants.Command.SetConfig);
                Timeouts(ref writer, set.Timeouts);
                break;
            case IpvsOperation.StartSyncDaemon begin:
                Header(ref writer, IpvsConstants.Command.NewDaemon);
                Daemon(ref writer, begin.Daemon);
                break;
            case IpvsOperation.StopSyncDaemon stop:
                Header(ref writer, IpvsConstants.Command.DelDaemon);
                int daemon = writer.StartNested(IpvsConstants.Top.Daemon);
                writer.WriteUInt32(IpvsConstants.Daemon.State, (uint)stop.Role);
                writer.EndNested(daemon);
                break;
            default:
                throw new ArgumentException($"{operation.GetType().Name} is no operation of IPVS", nameof(operation));
        }
    }

    public static void Header(ref NetlinkWriter writer, IpvsConstants.Command command) =>
        writer.WriteGenericHeader((byte)command, IpvsConstants.FamilyVersion);

    /// <summary>What identifies a service, as an attribute of its own.</summary>
    public static void ServiceKey(ref NetlinkWriter writer, IpvsServiceKey key)
    {
        int start = writer.StartNested(IpvsConstants.Top.Service);
        Identity(ref writer, key);
        writer.EndNested(start);
    }

    public static void Service(ref NetlinkWriter writer, IpvsService service)
    {
        int start = writer.StartNested(IpvsConstants.Top.Service);
        Identity(ref writer, service.Key);
        writer.WriteString(IpvsConstants.Service.SchedName, service.Scheduler);
        if (service.PersistenceEngine is { } engine)
            writer.WriteString(IpvsConstants.Service.PeName, engine);

        uint flags = (uint)service.SchedulerOptions & IpvsConstants.ServiceFlag.Scheduler;
        if (service.Persistence is not null)
            flags |= IpvsConstants.ServiceFlag.Persistent;
        if (service.OnePacket)
            flags |= IpvsConstants.ServiceFlag.OnePacket;
        // struct ip_vs_flags: only the bits of the mask change, so that flags of the future stay as they are.
        ReadOnlySpan<uint> flagsAndMask = [flags, IpvsConstants.ServiceFlag.Settable];
        writer.WriteBytes(IpvsConstants.Service.Flags, MemoryMarshal.AsBytes(flagsAndMask));

        writer.WriteUInt32(IpvsConstants.Service.Timeout, Seconds(service.Persistence?.Timeout));
        // One attribute, two meanings: an IPv4 mask in network order, an IPv6 prefix length in the machine's. The kernel wants it without persistence too.
        var netmask = service.Persistence?.Netmask ?? IpvsNetmask.Host;
        if (service.Key.Family == AddressFamily.InterNetworkV6)
            writer.WriteUInt32(IpvsConstants.Service.Netmask, netmask.Prefix);
        else
            writer.WriteUInt32BigEndian(IpvsConstants.Service.Netmask, netmask.Bits);
        writer.EndNested(start);
    }

    public static void Destination(ref NetlinkWriter writer, IpvsDestination destination)
    {
        int start = writer.StartNested(IpvsConstants.Top.Dest);
        writer.WriteUInt16(IpvsConstants.Dest.AddrFamily, KernelAddress.FamilyNumber(destination.Address.AddressFamily));
        writer.WriteAddress(IpvsConstants.Dest.Addr, destination.Address);
        writer.WriteUInt16BigEndian(IpvsConstants.Dest.Port, destination.Port);
        writer.WriteUInt32(IpvsConstants.Dest.FwdMethod, (uint)destination.Forwarding);
        writer.WriteUInt32(IpvsConstants.Dest.Weight, (uint)destination.Weight);
        writer.WriteUInt32(IpvsConstants.Dest.UThresh, destination.UpperThreshold);
        writer.WriteUInt32(IpvsConstants.Dest.LThresh, destination.LowerThreshold);
        // Left out, an update would reset them to plain IPIP: the same as the default, so that only other values need be sent.
        if (destination.Tunnel != default)
        {
            writer.WriteByte(IpvsConstants.Dest.TunType, (byte)destination.Tunnel.Kind);
            writer.WriteUInt16BigEndian(IpvsConstants.Dest.TunPort, destination.Tunnel.Port);
            writer.WriteUInt16(IpvsConstants.Dest.TunFlags, (ushort)destination.Tunnel.Checksum);
        }

        writer.EndNested(start);
    }

    public static void Daemon(ref NetlinkWriter writer, IpvsSyncDaemon daemon)
    {
        int start = writer.StartNested(IpvsConstants.Top.Daemon);
        writer.WriteUInt32(IpvsConstants.Daemon.State, (uint)daemon.Role);
        writer.WriteString(IpvsConstants.Daemon.McastIfn, daemon.Interface);
        writer.WriteUInt32(IpvsConstants.Daemon.SyncId, daemon.SyncId);
        if (daemon.MaximumLength is { } length)
            writer.WriteUInt16(IpvsConstants.Daemon.SyncMaxlen, length);
        if (daemon.Group is { } group)
            writer.WriteAddress(group.AddressFamily == AddressFamily.InterNetworkV6 ? IpvsConstants.Daemon.McastGroup6 : IpvsConstants.Daemon.McastGroup, group);
        // In the machine's byte order, unlike every other port (nla_get_u16 in ip_vs_genl_new_daemon).
        if (daemon.Port is { } port)
            writer.WriteUInt16(IpvsConstants.Daemon.McastPort, port);
        if (daemon.TimeToLive is { } timeToLive)
            writer.WriteByte(IpvsConstants.Daemon.McastTtl, timeToLive);
        writer.EndNested(start);
    }

    public static void Timeouts(ref NetlinkWriter writer, IpvsTimeouts timeouts)
    {
        writer.WriteUInt32(IpvsConstants.Top.TimeoutTcp, Seconds(timeouts.Tcp));
        writer.WriteUInt32(IpvsConstants.Top.TimeoutTcpFin, Seconds(timeouts.TcpFin));
        writer.WriteUInt32(IpvsConstants.Top.TimeoutUdp, Seconds(timeouts.Udp));
    }

    private static void Identity(ref NetlinkWriter writer, IpvsServiceKey key)
    {
        writer.WriteUInt16(IpvsConstants.Service.Af, KernelAddress.FamilyNumber(key.Family));
        if (key.Address is null)
        {
            writer.WriteUInt32(IpvsConstants.Service.Fwmark, key.FirewallMark);
            return;
        }

        writer.WriteUInt16(IpvsConstants.Service.Protocol, (ushort)key.Protocol!);
        writer.WriteAddress(IpvsConstants.Service.Addr, key.Address);
        writer.WriteUInt16BigEndian(IpvsConstants.Service.Port, key.Port);
    }

    private static uint Seconds(TimeSpan? time) => (uint)(time?.TotalSeconds ?? 0);
}
