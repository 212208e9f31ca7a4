using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Wire;

namespace Ilb.Netlink.Ipvs;

/// <summary>What identifies a virtual service in the kernel: protocol, address and port, or a firewall mark and an address family.</summary>
/// <example><code>
/// var web = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
/// var marked = IpvsServiceKey.ForFirewallMark(7, AddressFamily.InterNetworkV6);
/// </code></example>
public sealed record IpvsServiceKey
{
    private IpvsServiceKey()
    {
    }

    /// <summary><see cref="AddressFamily.InterNetwork"/> or <see cref="AddressFamily.InterNetworkV6"/>.</summary>
    public AddressFamily Family { get; private init; }

    /// <summary>The firewall mark, or 0 if the service is one of an address.</summary>
    public uint FirewallMark { get; private init; }

    /// <summary>The protocol, or null for a service of a firewall mark. One that another program made may have a protocol that <see cref="IpvsProtocol"/> does not name.</summary>
    public IpvsProtocol? Protocol { get; private init; }

    /// <summary>The virtual IP address, or null for a service of a firewall mark.</summary>
    public IPAddress? Address { get; private init; }

    /// <summary>The port; 0 = every port that has no service of its own.</summary>
    public ushort Port { get; private init; }

    /// <summary>A service of an address.</summary>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="address">An IPv4 or IPv6 address without scope.</param>
    /// <param name="port">1–65535, or 0 for every port that has no service of its own.</param>
    /// <exception cref="ArgumentException">The address has a scope or is of another family; the protocol is none of <see cref="IpvsProtocol"/>.</exception>
    public static IpvsServiceKey ForAddress(IpvsProtocol protocol, IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!Enum.IsDefined(protocol))
            throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "the protocol must be TCP, UDP or SCTP");
        KernelAddress.Check(address, nameof(address));
        return Read(protocol, address, port);
    }

    /// <summary>A service of an address as the kernel tells it: over generic netlink it takes any protocol.</summary>
    internal static IpvsServiceKey Read(IpvsProtocol protocol, IPAddress address, ushort port) =>
        new() { Family = address.AddressFamily, Protocol = protocol, Address = address, Port = port };

    /// <summary>A service of all packets that carry a firewall mark.</summary>
    /// <param name="mark">The mark, not 0.</param>
    /// <param name="family">IPv4 or IPv6: the same mark may have a service of each.</param>
    /// <exception cref="ArgumentException">The mark is 0, or the family is neither IPv4 nor IPv6.</exception>
    public static IpvsServiceKey ForFirewallMark(uint mark, AddressFamily family = AddressFamily.InterNetwork)
    {
        ArgumentOutOfRangeException.ThrowIfZero(mark);
        if (family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentOutOfRangeException(nameof(family), family, "the family must be IPv4 or IPv6");
        return new IpvsServiceKey { Family = family, FirewallMark = mark };
    }

    /// <summary>For a person: <c>TCP 192.0.2.1:80</c>, <c>UDP [2001:db8::1]:53</c>, <c>FWM 7</c>, <c>FWM 7 IPv6</c>.</summary>
    public override string ToString() => Address is null
        ? string.Create(CultureInfo.InvariantCulture, $"FWM {FirewallMark}{(Family == AddressFamily.InterNetworkV6 ? " IPv6" : "")}")
        : $"{Protocol?.ToString().ToUpperInvariant()} {IpvsAddress.Format(Address, Port)}";
}
