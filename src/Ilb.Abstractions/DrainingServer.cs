using System.Net;

namespace Ilb;

/// <summary>A server that gets no new connections in a rule, and still has some.</summary>
public sealed record DrainingServer
{
    /// <summary>The rule. It may be disabled, or gone.</summary>
    public required string Rule { get; init; }

    /// <summary>The server. It may be gone.</summary>
    public required ServerId Server { get; init; }

    /// <summary>Its address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Its ports; null (default) = those of the rule.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>Whether it leaves the kernel with its last connection, for it, or the rule, was removed or disabled. If not, it stays there without new connections: it is disabled or dead in a rule that goes on.</summary>
    public required bool IsLeaving { get; init; }

    /// <summary>Since when; null (default) if that is not known, for nothing depends on it.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When its connections are cut (<see cref="Ilb.Rule.ConnectionDrain"/>); null (default) = never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Connections in an active state (TCP and SCTP: established).</summary>
    public required long ActiveConnections { get; init; }

    /// <summary>Connections in every other state. Those of TCP and SCTP are over, or never came to be, and are not waited for.</summary>
    public required long InactiveConnections { get; init; }
}
