using System.Net.NetworkInformation;

namespace Ilb.Netlink.Route;

/// <summary>A network interface as the kernel has it.</summary>
public sealed record Link
{
    /// <summary>Its index in the network namespace, from 1.</summary>
    public required int Index { get; init; }

    /// <summary>Its name, 1–15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>What it is and does.</summary>
    public required LinkStates States { get; init; }

    /// <summary>The largest packet in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>The hardware (MAC) address; empty for links without one.</summary>
    public required PhysicalAddress HardwareAddress { get; init; }

    /// <summary>What it is made of, by the kernel's name: <c>dummy</c>, <c>bridge</c>, <c>veth</c>, <c>vlan</c>, …; null (default) for hardware and the loopback.</summary>
    public string? Kind { get; init; }
}
