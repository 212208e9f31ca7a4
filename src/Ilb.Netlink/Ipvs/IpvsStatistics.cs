namespace Ilb.Netlink.Ipvs;

/// <summary>
/// Counters and rates of a service or a destination (<c>IPVS_*_ATTR_STATS64</c>; from the 32-bit <c>STATS</c> on kernels before 4.1, where packets and connections wrap at 2³²).
/// The kernel refreshes them every 2 seconds, and not at all with <c>net.ipv4.vs.run_estimation=0</c>. A destination that is added again within two minutes of its removal goes on with its old counters.
/// </summary>
public readonly record struct IpvsStatistics
{
    /// <summary>Connections scheduled.</summary>
    public ulong Connections { get; init; }

    /// <summary>Packets from clients.</summary>
    public ulong IncomingPackets { get; init; }

    /// <summary>Packets to clients; only masquerading sees them.</summary>
    public ulong OutgoingPackets { get; init; }

    /// <summary>Bytes from clients, with IP headers.</summary>
    public ulong IncomingBytes { get; init; }

    /// <summary>Bytes to clients, with IP headers; only masquerading sees them.</summary>
    public ulong OutgoingBytes { get; init; }

    /// <summary>Connections a second, smoothed by the kernel.</summary>
    public ulong ConnectionRate { get; init; }

    /// <summary>Packets from clients a second.</summary>
    public ulong IncomingPacketRate { get; init; }

    /// <summary>Packets to clients a second.</summary>
    public ulong OutgoingPacketRate { get; init; }

    /// <summary>Bytes from clients a second.</summary>
    public ulong IncomingByteRate { get; init; }

    /// <summary>Bytes to clients a second.</summary>
    public ulong OutgoingByteRate { get; init; }
}
