using System.Net;

namespace Ilb;

/// <summary>A server that a service would not have any more, but for the connections that it still has: it gets no new ones.</summary>
internal sealed record Leaver
{
    public required ServerId Id { get; init; }

    public required Server Server { get; init; }

    /// <summary>At which port the service reaches it; 0 keeps the packet's port.</summary>
    public required ushort Port { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>When its connections are cut; null (default) = never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    public (IPAddress Address, ushort Port) Place => (Server.Address!, Port);

    public bool IsOver(DateTimeOffset now) => Deadline <= now;
}
