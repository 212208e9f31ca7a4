using System.Net;

namespace Ilb.Netlink.Ipvs;

/// <summary>A connection synchronisation daemon as one configures it. What runs is an <see cref="IpvsSyncDaemonState"/>.</summary>
public sealed record IpvsSyncDaemon
{
    /// <summary>Sends or receives.</summary>
    public required IpvsSyncRole Role { get; init; }

    /// <summary>The interface of the multicast traffic, 1–15 characters.</summary>
    public required string Interface { get; init; }

    /// <summary>Which balancers belong together, 0–255. A backup with 0 takes all.</summary>
    public required byte SyncId { get; init; }

    /// <summary>The largest datagram in bytes; null (default) = from the interface's MTU. The kernel fits it into what it can send.</summary>
    public ushort? MaximumLength { get; init; }

    /// <summary>The multicast group, IPv4 or IPv6; null (default) = 224.0.0.81.</summary>
    public IPAddress? Group { get; init; }

    /// <summary>The UDP port, 1–65535; null (default) = 8848.</summary>
    public ushort? Port { get; init; }

    /// <summary>The time to live of the datagrams, 1–255; null (default) = 1.</summary>
    public byte? TimeToLive { get; init; }
}
