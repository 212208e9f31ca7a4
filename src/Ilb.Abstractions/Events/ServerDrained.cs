namespace Ilb;

/// <summary>A server, or its rule, that was removed or disabled has left the kernel: its last connection has ended, or the time of <see cref="Ilb.Rule.ConnectionDrain"/> is over. One that stays in its rule, disabled or dead, stays in the kernel without new connections, so it is told of only if connections were cut.</summary>
public sealed record ServerDrained : LoadBalancerEvent
{
    /// <summary>The rule that it served.</summary>
    public required string Rule { get; init; }

    /// <summary>The server.</summary>
    public required ServerId Server { get; init; }

    /// <summary>How many connections were cut because their time was over; 0 (default) = none, they had ended.</summary>
    public long Connections { get; init; }
}
