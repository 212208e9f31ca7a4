namespace Ilb.Netlink.Transport;

/// <summary>What <see cref="INetlinkSocket.Receive"/> returns when there is no datagram.</summary>
internal static class NetlinkReceive
{
    /// <summary>Nothing came in time.</summary>
    public const int TimedOut = -1;

    /// <summary>The queue overflowed since the last call: answers are missing (ENOBUFS).</summary>
    public const int Overrun = -2;
}
