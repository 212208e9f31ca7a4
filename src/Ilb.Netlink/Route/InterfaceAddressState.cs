using System.Net;

namespace Ilb.Netlink.Route;

/// <summary>An address on an interface as the kernel has it.</summary>
public sealed record InterfaceAddressState
{
    /// <summary>The interface's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The local address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The length of the subnet's prefix.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>What is special about it; other bits may be set too.</summary>
    public required InterfaceAddressStates States { get; init; }

    /// <summary>For how long it may still be a source by default; null = for ever.</summary>
    public TimeSpan? PreferredLifetime { get; init; }

    /// <summary>For how long it still is; null = for ever.</summary>
    public TimeSpan? ValidLifetime { get; init; }

    /// <summary>IPv4: its label, or null.</summary>
    public string? Label { get; init; }
}
