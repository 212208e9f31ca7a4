using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A server that a service would not have any more, but for the connections that it still has: it gets no new ones.</summary>
internal sealed record Leaver
{
    /// <summary>The rule that it serves, as it was when it had the server: its connections go on as they began, whatever rule has the service now.</summary>
    public required Rule Rule { get; init; }

    public required ServerId Id { get; init; }

    public required Server Server { get; init; }

    /// <summary>At which port the service reaches it; 0 keeps the packet's port.</summary>
    public required ushort Port { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>When its connections are cut; null (default) = never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    public (IPAddress Address, ushort Port) Place => (Server.Address!, Port);

    /// <summary>Whether its connections have ended.</summary>
    public bool HasEnded(IpvsDestinationState found) => Drain.HasEnded(Rule, found.ActiveConnections, found.InactiveConnections);

    /// <summary>The same after the clock was set back: the time that it has begins then, lest it be as much longer.</summary>
    public Leaver NotAhead(DateTimeOffset now) => Since <= now ? this : this with { Since = now, Deadline = Deadline - Since is { } drain ? now + drain : null };

    public bool IsOver(DateTimeOffset now) => Deadline <= now;
}
