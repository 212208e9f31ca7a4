using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ilb;

/// <summary>What an <see cref="IHealthProbe"/> is to look at.</summary>
public sealed record ProbeContext
{
    /// <summary>The server's own address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The port, 1–65535; null where the rule has none, as with a firewall mark.</summary>
    public int? Port { get; init; }

    /// <summary>The rule's VIP; null where the rule has none.</summary>
    public IPAddress? Vip { get; init; }

    /// <summary>The rule's protocol. Default TCP.</summary>
    public Protocol Protocol { get; init; }

    /// <summary>How packets get to the server. Default half NAT.</summary>
    public Topology Topology { get; init; }

    /// <summary>How long it may take, from 1 ms on; then the cancellation token is set and the server counts as dead.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Where the probe may log. Default nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
