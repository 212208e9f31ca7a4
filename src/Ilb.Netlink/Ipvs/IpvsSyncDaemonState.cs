using System.Net;

namespace Ilb.Netlink.Ipvs;

/// <summary>A connection synchronisation daemon as the kernel runs it.</summary>
public sealed record IpvsSyncDaemonState
{
    /// <summary>Sends or receives.</summary>
    public required IpvsSyncRole Role { get; init; }

    /// <summary>The interface of the multicast traffic.</summary>
    public required string Interface { get; init; }

    /// <summary>Which balancers belong together: 0–255, more only if another program started it so.</summary>
    public required uint SyncId { get; init; }

    /// <summary>The largest datagram in bytes; null on kernels before 4.3, which do not tell.</summary>
    public ushort? MaximumLength { get; init; }

    /// <summary>The multicast group; null on kernels before 4.3.</summary>
    public IPAddress? Group { get; init; }

    /// <summary>The UDP port; null on kernels before 4.3.</summary>
    public ushort? Port { get; init; }

    /// <summary>The time to live of the datagrams; null on kernels before 4.3.</summary>
    public byte? TimeToLive { get; init; }
}
