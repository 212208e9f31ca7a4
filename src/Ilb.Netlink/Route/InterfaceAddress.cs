using System.Globalization;
using System.Net;

namespace Ilb.Netlink.Route;

/// <summary>An address on an interface as one configures it. What the kernel says of one is an <see cref="InterfaceAddressState"/>.</summary>
public sealed record InterfaceAddress
{
    /// <summary>The interface's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The address, without scope.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The length of the subnet's prefix: 0–32 or 0–128. A VIP has 32 or 128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>What is special about it. Default nothing. The kernel's own states cannot be set.</summary>
    public InterfaceAddressStates States { get; init; }

    /// <summary>
    /// For how long it may be a source by default, in whole seconds; null (default) = for ever. Zero keeps it from ever being one: right for an IPv6 VIP, which
    /// the kernel would otherwise prefer as source of the balancer's own connections.
    /// </summary>
    public TimeSpan? PreferredLifetime { get; init; }

    /// <summary>IPv4: the label that <c>ip address</c> shows, <c>IF</c> or <c>IF:TEXT</c>, at most 15 bytes. Default null: none.</summary>
    public string? Label { get; init; }

    /// <summary>For a person: <c>192.0.2.1/32</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");
}
