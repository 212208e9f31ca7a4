using System.Net;

namespace Ilb.Netlink.Route;

/// <summary>What the kernel would do with a packet that this machine sends to an address.</summary>
public sealed record RouteDecision
{
    /// <summary>What becomes of it.</summary>
    public required RouteKind Kind { get; init; }

    /// <summary>The interface by which it leaves; 0 if the kernel names none.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The router that it is given to; null if the address is on the interface's own network.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The source that it would have; null if the kernel names none.</summary>
    public IPAddress? Source { get; init; }
}
