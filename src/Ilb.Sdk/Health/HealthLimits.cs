namespace Ilb;

/// <summary>How much is under way at the same time, all checks together. What is beyond waits its turn.</summary>
internal sealed record HealthLimits
{
    /// <summary>Probes that cost a socket: TCP, UDP, SCTP, ping.</summary>
    public int Plain { get; init; } = 4096;

    /// <summary>Probes by a protocol's library: HTTP, TLS, DNS, and products' own.</summary>
    public int Managed { get; init; } = 256;

    /// <summary>Programs of the user's.</summary>
    public int Scripts { get; init; } = 32;

    /// <summary>How many checks begin in a second where many begin together: at the start, after a reload, after the machine stood still.</summary>
    public int StartsPerSecond { get; init; } = 2000;
}
