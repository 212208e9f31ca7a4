using System.Net;

namespace Ilb.Netlink.Route;

/// <summary>The way that packets of this machine take to an address, as the kernel says.</summary>
public sealed record RouteState
{
    /// <summary>The index of the interface that they leave by.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>What becomes of them. Default <see cref="RouteKind.Unicast"/>.</summary>
    public RouteKind Kind { get; init; }

    /// <summary>The router that they are sent to; null (default) = the address is on the interface's own network, or this machine's.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The source address that they have unless their socket has another; null (default) = the kernel names none.</summary>
    public IPAddress? Source { get; init; }
}
