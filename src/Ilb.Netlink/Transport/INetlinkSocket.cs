namespace Ilb.Netlink.Transport;

/// <summary>The port to the kernel. Blocking, because the kernel answers within the send: a stuck one is the business of <see cref="NetlinkChannel"/>.</summary>
internal interface INetlinkSocket : IDisposable
{
    /// <summary>How many requests with acknowledgements one send may hold without a chance that the receive queue overflows.</summary>
    int MaximumRequests { get; }

    /// <summary>Sends one datagram whole.</summary>
    /// <exception cref="NetlinkException">The system call failed.</exception>
    void Send(ReadOnlySpan<byte> datagram);

    /// <summary>
    /// Receives one datagram: its full length, which is more than <paramref name="buffer"/> holds if it was truncated; or a negative value of
    /// <see cref="NetlinkReceive"/>.
    /// </summary>
    /// <exception cref="NetlinkException">The system call failed.</exception>
    int Receive(Span<byte> buffer, TimeSpan timeout);
}
