namespace Ilb.Netlink.Ipvs;

/// <summary>Numbers of include/uapi/linux/ip_vs.h, under the header's names without their prefix.</summary>
internal static class IpvsConstants
{
    public const string FamilyName = "IPVS";
    public const byte FamilyVersion = 1;

    // IP_VS_SCHEDNAME_MAXLEN, IP_VS_PENAME_MAXLEN, IP_VS_IFNAME_MAXLEN are 16 with the NUL.
    public const int MaximumNameLength = 15;

    // The kernel keeps timeouts in jiffies in an int, at up to 1,000 a second.
    public const int MaximumTimeoutSeconds = int.MaxValue / 1000;

    // These in an unsigned one; the limit is ipvsadm's, 31 days.
    public const int MaximumPersistenceSeconds = 31 * 24 * 60 * 60;

    public enum Command : byte
    {
        NewService = 1,
        SetService = 2,
        DelService = 3,
        GetService = 4,
        NewDest = 5,
        SetDest = 6,
        DelDest = 7,
        GetDest = 8,
        NewDaemon = 9,
        DelDaemon = 10,
        GetDaemon = 11,
        SetConfig = 12,
        GetConfig = 13,
        SetInfo = 14,
        GetInfo = 15,
        Zero = 16,
        Flush = 17,
    }

    /// <summary>IPVS_CMD_ATTR_*.</summary>
    public static class Top
    {
        public const ushort Service = 1;
        public const ushort Dest = 2;
        public const ushort Daemon = 3;
        public const ushort TimeoutTcp = 4;
        public const ushort TimeoutTcpFin = 5;
        public const ushort TimeoutUdp = 6;
    }

    /// <summary>IPVS_SVC_ATTR_*.</summary>
    public static class Service
    {
        public const ushort Af = 1;
        public const ushort Protocol = 2;
        public const ushort Addr = 3;
        public const ushort Port = 4;
        public const ushort Fwmark = 5;
        public const ushort SchedName = 6;
        public const ushort Flags = 7;
        public const ushort Timeout = 8;
        public const ushort Netmask = 9;
        public const ushort Stats = 10;
        public const ushort PeName = 11;
        public const ushort Stats64 = 12;
    }

    /// <summary>IPVS_DEST_ATTR_*.</summary>
    public static class Dest
    {
        public const ushort Addr = 1;
        public const ushort Port = 2;
        public const ushort FwdMethod = 3;
        public const ushort Weight = 4;
        public const ushort UThresh = 5;
        public const ushort LThresh = 6;
        public const ushort ActiveConns = 7;
        public const ushort InactConns = 8;
        public const ushort PersistConns = 9;
        public const ushort Stats = 10;
        public const ushort AddrFamily = 11;
        public const ushort Stats64 = 12;
        public const ushort TunType = 13;
        public const ushort TunPort = 14;
        public const ushort TunFlags = 15;
    }

    /// <summary>IPVS_DAEMON_ATTR_*.</summary>
    public static class Daemon
    {
        public const ushort State = 1;
        public const ushort McastIfn = 2;
        public const ushort SyncId = 3;
        public const ushort SyncMaxlen = 4;
        public const ushort McastGroup = 5;
        public const ushort McastGroup6 = 6;
        public const ushort McastPort = 7;
        public const ushort McastTtl = 8;
    }

    /// <summary>IPVS_STATS_ATTR_*.</summary>
    public static class Stats
    {
        public const ushort Conns = 1;
        public const ushort InPkts = 2;
        public const ushort OutPkts = 3;
        public const ushort InBytes = 4;
        public const ushort OutBytes = 5;
        public const ushort Cps = 6;
        public const ushort InPps = 7;
        public const ushort OutPps = 8;
        public const ushort InBps = 9;
        public const ushort OutBps = 10;
    }

    /// <summary>IPVS_INFO_ATTR_*.</summary>
    public static class Info
    {
        public const ushort Version = 1;
        public const ushort ConnTabSize = 2;
    }

    /// <summary>IP_VS_SVC_F_*. HASHED (2) is the kernel's own.</summary>
    public static class ServiceFlag
    {
        public const uint Persistent = 0x01;
        public const uint OnePacket = 0x04;
        public const uint Scheduler = (uint)(IpvsSchedulerOptions.Flag1 | IpvsSchedulerOptions.Flag2 | IpvsSchedulerOptions.Flag3);
        public const uint Settable = Persistent | OnePacket | Scheduler;
    }

    /// <summary>IP_VS_CONN_F_FWD_MASK: the method's bits in IPVS_DEST_ATTR_FWD_METHOD; dumps carry others too.</summary>
    public const uint ForwardingMask = 0x7;
}
