using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>
/// IPVS answers from bytes. Unknown attributes are passed over; missing ones that older kernels lack take their defaults; a missing identity, or a value that no
/// kernel can mean, is a <see cref="NetlinkErrorCode.Protocol"/> error.
/// </summary>
internal static class IpvsReader
{
    /// <summary>The nested attribute of the given type in a message.</summary>
    public static NetlinkAttributeReader Find(scoped in NetlinkMessage message, ushort type)
    {
        var top = message.Attributes(GenericFamily.HeaderLength);
        while (top.MoveNext())
        {
            if (top.Type == type)
                return top.Nested();
        }

        throw ProtocolError.Make("a message lacks attribute {0}", type);
    }

    public static IpvsServiceState Service(scoped in NetlinkMessage message)
    {
        ushort port = 0;
        ushort? protocol = null;
        AddressFamily family = default;
        uint mark = 0, flags = 0, timeout = 0;
        string? scheduler = null, engine = null;
        ReadOnlySpan<byte> address = default, netmask = default;
        IpvsStatistics statistics = default;
        bool has64 = false;

        var attributes = Find(message, IpvsConstants.Top.Service);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IpvsConstants.Service.Af:
                    family = KernelAddress.Family(attributes.UInt16());
                    break;
                case IpvsConstants.Service.Protocol:
                    protocol = attributes.UInt16();
                    break;
                case IpvsConstants.Service.Addr:
                    address = attributes.Payload;
                    break;
                case IpvsConstants.Service.Port:
                    port = attributes.UInt16BigEndian();
                    break;
                case IpvsConstants.Service.Fwmark:
                    mark = attributes.UInt32();
                    break;
                case IpvsConstants.Service.SchedName:
                    scheduler = attributes.Scheduler();
                    break;
                case IpvsConstants.Service.PeName:
                    engine = attributes.String();
                    break;
                case IpvsConstants.Service.Flags:
                    // struct ip_vs_flags: flags and mask.
                    flags = MemoryMarshal.Read<uint>(attributes.Bytes(8));
                    break;
                case IpvsConstants.Service.Timeout:
                    timeout = attributes.UInt32();
                    break;
                case IpvsConstants.Service.Netmask:
                    netmask = attributes.Bytes(4);
                    break;
                case IpvsConstants.Service.Stats when !has64:
                    statistics = Statistics(attributes.Nested(), wide: false);
                    break;
                case IpvsConstants.Service.Stats64:
                    statistics = Statistics(attributes.Nested(), wide: true);
                    has64 = true;
                    break;
            }
        }

        var service = new IpvsService
        {
            Key = Key(family, mark, protocol, address, port),
            Scheduler = scheduler ?? throw ProtocolError.Make("a service lacks its scheduler"),
            SchedulerOptions = (IpvsSchedulerOptions)(flags & IpvsConstants.ServiceFlag.Scheduler),
            Persistence = (flags & IpvsConstants.ServiceFlag.Persistent) == 0
                ? null
                : new IpvsPersistence { Timeout = TimeSpan.FromSeconds(timeout), Netmask = Netmask(family, netmask) },
            PersistenceEngine = engine,
            OnePacket = (flags & IpvsConstants.ServiceFlag.OnePacket) != 0,
        };
        return new IpvsServiceState { Service = service, Statistics = statistics };
    }

    /// <param name="message">The message.</param>
    /// <param name="serviceFamily">The family of the destination's service, for kernels before 3.18, which do not tell the destination's own.</param>
    public static IpvsDestinationState Destination(scoped in NetlinkMessage message, AddressFamily serviceFamily)
    {
        var family = serviceFamily;
        ReadOnlySpan<byte> address = default;
        ushort port = 0, tunnelPort = 0, tunnelFlags = 0;
        byte tunnelKind = 0;
        uint method = 0, weight = 0, upper = 0, lower = 0, active = 0, inactive = 0, persistent = 0;
        IpvsStatistics statistics = default;
        bool has64 = false;

        var attributes = Find(message, IpvsConstants.Top.Dest);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IpvsConstants.Dest.AddrFamily when attributes.UInt16() != 0:
                    family = KernelAddress.Family(attributes.UInt16());
                    break;
                case IpvsConstants.Dest.Addr:
                    address = attributes.Payload;
                    break;
                case IpvsConstants.Dest.Port:
                    port = attributes.UInt16BigEndian();
                    break;
                case IpvsConstants.Dest.FwdMethod:
                    method = attributes.UInt32() & IpvsConstants.ForwardingMask;
                    break;
                case IpvsConstants.Dest.Weight:
                    weight = attributes.UInt32();
                    break;
                case IpvsConstants.Dest.UThresh:
                    upper = attributes.UInt32();
                    break;
                case IpvsConstants.Dest.LThresh:
                    lower = attributes.UInt32();
                    break;
                case IpvsConstants.Dest.ActiveConns:
                    active = attributes.UInt32();
                    break;
                case IpvsConstants.Dest.InactConns:
                    inactive = attributes.UInt32();
                    break;
                case IpvsConstants.Dest.PersistConns:
                    persistent = attributes.UInt32();
                    break;
                case IpvsConstants.Dest.TunType:
                    tunnelKind = attributes.Byte();
                    break;
                case IpvsConstants.Dest.TunPort:
                    tunnelPort = attributes.UInt16BigEndian();
                    break;
                case IpvsConstants.Dest.TunFlags:
                    tunnelFlags = attributes.UInt16();
                    break;
                case IpvsConstants.Dest.Stats when !has64:
                    statistics = Statistics(attributes.Nested(), wide: false);
                    break;
                case IpvsConstants.Dest.Stats64:
                    statistics = Statistics(attributes.Nested(), wide: true);
                    has64 = true;
                    break;
            }
        }

        if (weight > int.MaxValue)
            throw ProtocolError.Make("a destination has the weight {0}", weight);
        var destination = new IpvsDestination
        {
            Address = Address(family, address),
            Port = port,
            Forwarding = (IpvsForwarding)method,
            Weight = (int)weight,
            UpperThreshold = upper,
            LowerThreshold = lower,
            Tunnel = new IpvsTunnel { Kind = (IpvsTunnelKind)tunnelKind, Port = tunnelPort, Checksum = (IpvsTunnelChecksum)tunnelFlags },
        };
        return new IpvsDestinationState
        {
            Destination = destination,
            ActiveConnections = active,
            InactiveConnections = inactive,
            PersistentConnections = persistent,
            Statistics = statistics,
        };
    }

    public static IpvsSyncDaemonState Daemon(scoped in NetlinkMessage message)
    {
        uint role = 0, syncId = 0;
        string? device = null;
        ushort? length = null, port = null;
        byte? timeToLive = null;
        IPAddress? group = null;
        var attributes = Find(message, IpvsConstants.Top.Daemon);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IpvsConstants.Daemon.State:
                    role = attributes.UInt32();
                    break;
                case IpvsConstants.Daemon.McastIfn:
                    device = attributes.String();
                    break;
                case IpvsConstants.Daemon.SyncId:
                    syncId = attributes.UInt32();
                    break;
                case IpvsConstants.Daemon.SyncMaxlen:
                    length = attributes.UInt16();
                    break;
                case IpvsConstants.Daemon.McastGroup:
                    group = attributes.Address(4);
                    break;
                case IpvsConstants.Daemon.McastGroup6:
                    group = attributes.Address(16);
                    break;
                case IpvsConstants.Daemon.McastPort:
                    port = attributes.UInt16();
                    break;
                case IpvsConstants.Daemon.McastTtl:
                    timeToLive = attributes.Byte();
                    break;
            }
        }

        return new IpvsSyncDaemonState
        {
            Role = role is (uint)IpvsSyncRole.Master or (uint)IpvsSyncRole.Backup ? (IpvsSyncRole)role : throw ProtocolError.Make("a sync daemon has the state {0}", role),
            Interface = device ?? throw ProtocolError.Make("a sync daemon lacks its interface"),
            SyncId = syncId,
            MaximumLength = length,
            Group = group,
            Port = port,
            TimeToLive = timeToLive,
        };
    }

    public static IpvsTimeouts Timeouts(scoped in NetlinkMessage message)
    {
        uint tcp = 0, tcpFin = 0, udp = 0;
        var attributes = message.Attributes(GenericFamily.HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IpvsConstants.Top.TimeoutTcp:
                    tcp = attributes.UInt32();
                    break;
                case IpvsConstants.Top.TimeoutTcpFin:
                    tcpFin = attributes.UInt32();
                    break;
                case IpvsConstants.Top.TimeoutUdp:
                    udp = attributes.UInt32();
                    break;
            }
        }

        return new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(tcp), TcpFin = TimeSpan.FromSeconds(tcpFin), Udp = TimeSpan.FromSeconds(udp) };
    }

    public static IpvsKernel Kernel(scoped in NetlinkMessage message)
    {
        uint version = 0, size = 0;
        var attributes = message.Attributes(GenericFamily.HeaderLength);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IpvsConstants.Info.Version:
                    version = attributes.UInt32();
                    break;
                case IpvsConstants.Info.ConnTabSize:
                    size = attributes.UInt32();
                    break;
            }
        }

        // IP_VS_VERSION_CODE: a byte each of major, minor, patch.
        return new IpvsKernel { Version = new Version((int)(version >> 16) & 0xff, (int)(version >> 8) & 0xff, (int)version & 0xff), ConnectionTableSize = size };
    }

    private static IpvsServiceKey Key(AddressFamily family, uint mark, ushort? protocol, ReadOnlySpan<byte> address, ushort port)
    {
        if (family == default)
            throw ProtocolError.Make("a service lacks its address family");
        if (mark != 0)
            return IpvsServiceKey.ForFirewallMark(mark, family);
        if (protocol is null)
            throw ProtocolError.Make("a service lacks its protocol");
        return IpvsServiceKey.Read((IpvsProtocol)protocol, Address(family, address), port);
    }

    // The kernel sends union nf_inet_addr, 16 bytes, for both families.
    private static IPAddress Address(AddressFamily family, ReadOnlySpan<byte> bytes)
    {
        int length = KernelAddress.Length(family);
        return bytes.Length >= length ? new IPAddress(bytes[..length]) : throw ProtocolError.Make("an address has {0} bytes", bytes.Length);
    }

    private static IpvsNetmask Netmask(AddressFamily family, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            throw ProtocolError.Make("a service lacks its netmask");
        if (family == AddressFamily.InterNetwork)
            return IpvsNetmask.FromBits(BinaryPrimitives.ReadUInt32BigEndian(bytes));
        uint prefix = MemoryMarshal.Read<uint>(bytes);
        return prefix is >= 1 and <= 128 ? IpvsNetmask.FromPrefixLength((int)prefix, family) : throw ProtocolError.Make("a service has the prefix length {0}", prefix);
    }

    private static IpvsStatistics Statistics(NetlinkAttributeReader attributes, bool wide)
    {
        ulong connections = 0, inPackets = 0, outPackets = 0, inBytes = 0, outBytes = 0, cps = 0, inPps = 0, outPps = 0, inBps = 0, outBps = 0;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IpvsConstants.Stats.Conns:
                    connections = attributes.Counter(wide);
                    break;
                case IpvsConstants.Stats.InPkts:
                    inPackets = attributes.Counter(wide);
                    break;
                case IpvsConstants.Stats.OutPkts:
                    outPackets = attributes.Counter(wide);
                    break;
                // The only counters that have 64 bits in both kinds.
                case IpvsConstants.Stats.InBytes:
                    inBytes = attributes.UInt64();
                    break;
                case IpvsConstants.Stats.OutBytes:
                    outBytes = attributes.UInt64();
                    break;
                case IpvsConstants.Stats.Cps:
                    cps = attributes.Counter(wide);
                    break;
                case IpvsConstants.Stats.InPps:
                    inPps = attributes.Counter(wide);
                    break;
                case IpvsConstants.Stats.OutPps:
                    outPps = attributes.Counter(wide);
                    break;
                case IpvsConstants.Stats.InBps:
                    inBps = attributes.Counter(wide);
                    break;
                case IpvsConstants.Stats.OutBps:
                    outBps = attributes.Counter(wide);
                    break;
            }
        }

        return new IpvsStatistics
        {
            Connections = connections,
            IncomingPackets = inPackets,
            OutgoingPackets = outPackets,
            IncomingBytes = inBytes,
            OutgoingBytes = outBytes,
            ConnectionRate = cps,
            IncomingPacketRate = inPps,
            OutgoingPacketRate = outPps,
            IncomingByteRate = inBps,
            OutgoingByteRate = outBps,
        };
    }

    private static ulong Counter(this NetlinkAttributeReader attribute, bool wide) => wide ? attribute.UInt64() : attribute.UInt32();

    // Thousands of services share a few names: those of the kernel's own schedulers are not allocated anew.
    private static string Scheduler(this NetlinkAttributeReader attribute)
    {
        int end = attribute.Payload.IndexOf((byte)0);
        var name = end < 0 ? attribute.Payload : attribute.Payload[..end];
        // By index: the interface's enumerator would be allocated.
        for (int i = 0; i < IpvsSchedulers.All.Count; i++)
        {
            if (Ascii.Equals(name, IpvsSchedulers.All[i]))
                return IpvsSchedulers.All[i];
        }

        return attribute.String();
    }
}
