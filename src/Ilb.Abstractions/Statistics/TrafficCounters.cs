namespace Ilb;

/// <summary>What the kernel has counted since a service or server came into it. It refreshes the numbers every 2 seconds.</summary>
/// <remarks>A server that is added again within two minutes of its removal goes on with its old numbers.</remarks>
public sealed record TrafficCounters
{
    /// <summary>Connections; for UDP, first packets of a client.</summary>
    public required ulong Connections { get; init; }

    /// <summary>Packets from clients.</summary>
    public required ulong IncomingPackets { get; init; }

    /// <summary>Packets to clients; 0 where replies do not pass the balancer (DSR, TUN).</summary>
    public required ulong OutgoingPackets { get; init; }

    /// <summary>Bytes from clients, with IP headers.</summary>
    public required ulong IncomingBytes { get; init; }

    /// <summary>Bytes to clients, with IP headers; 0 where replies do not pass the balancer.</summary>
    public required ulong OutgoingBytes { get; init; }
}
