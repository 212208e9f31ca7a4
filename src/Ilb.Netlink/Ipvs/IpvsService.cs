namespace Ilb.Netlink.Ipvs;

/// <summary>A virtual service as one configures it. What the kernel says of one is an <see cref="IpvsServiceState"/>.</summary>
/// <example><code>
/// var service = new IpvsService
/// {
///     Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80),
///     Scheduler = "mh",
///     SchedulerOptions = IpvsSchedulerOptions.Fallback,
/// };
/// </code></example>
public sealed record IpvsService
{
    /// <summary>What identifies it.</summary>
    public required IpvsServiceKey Key { get; init; }

    /// <summary>
    /// The scheduler by the kernel's name, 1–15 characters: rr wrr lc wlc fo ovf lblc lblcr dh sh mh sed nq twos, or <c>none</c>. Default <c>wlc</c>, as ipvsadm's.
    /// Changing it costs the kernel a wait of milliseconds (an RCU grace period).
    /// </summary>
    public string Scheduler { get; init; } = "wlc";

    /// <summary>Flags of the scheduler. Default none.</summary>
    public IpvsSchedulerOptions SchedulerOptions { get; init; }

    /// <summary>Stickiness, or null (default) for none.</summary>
    public IpvsPersistence? Persistence { get; init; }

    /// <summary>The persistence engine, which reads who the client is from the payload: <c>sip</c> is the kernel's only one (UDP). At most 15 characters. Default null: the client is its address.</summary>
    public string? PersistenceEngine { get; init; }

    /// <summary>One-packet scheduling: each UDP packet is scheduled for itself. Default false.</summary>
    public bool OnePacket { get; init; }
}
