using System.Net;
using System.Net.NetworkInformation;

namespace Ilb.Netlink.Route;

/// <summary>A machine on the network of an interface, as the kernel knows it by ARP or neighbour discovery.</summary>
public sealed record NeighborState
{
    /// <summary>The interface's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The machine's address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Its hardware (MAC) address; empty while it is not known.</summary>
    public required PhysicalAddress HardwareAddress { get; init; }

    /// <summary>What is known of it.</summary>
    public required NeighborStates States { get; init; }
}
