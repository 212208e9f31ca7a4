using System.Net;

namespace Ilb.Netlink.Ipvs;

/// <summary>A destination (real server) of a service as one configures it. What the kernel says of one is an <see cref="IpvsDestinationState"/>.</summary>
/// <remarks>Updating a destination sets every member; the kernel knows no partial change.</remarks>
/// <example><code>
/// var server = new IpvsDestination { Address = IPAddress.Parse("10.0.0.11"), Port = 8080, Weight = 2 };
/// </code></example>
public sealed record IpvsDestination
{
    /// <summary>The server's address: IPv4 or IPv6 without scope. Another family than the service's needs <see cref="IpvsForwarding.Tunnel"/>.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The server's port. 0 keeps the packet's port (services of a firewall mark, of port 0).</summary>
    public required ushort Port { get; init; }

    /// <summary>How packets get there. Default <see cref="IpvsForwarding.Masquerading"/>.</summary>
    public IpvsForwarding Forwarding { get; init; } = IpvsForwarding.Masquerading;

    /// <summary>The share of new connections, 0–2,147,483,647. 0 = no new connections (quiesced). Default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>From this number of connections on the destination gets no new ones; 0 (default) = no limit. At most 2,147,483,647.</summary>
    public uint UpperThreshold { get; init; }

    /// <summary>Below this number of connections it gets new ones again; 0 (default) = three quarters of <see cref="UpperThreshold"/>. Not above it.</summary>
    public uint LowerThreshold { get; init; }

    /// <summary>The tunnel, for <see cref="IpvsForwarding.Tunnel"/>. Default IPIP.</summary>
    public IpvsTunnel Tunnel { get; init; }

    /// <summary>For a person: <c>10.0.0.11:8080</c> or <c>[2001:db8::11]:8080</c>.</summary>
    public override string ToString() => IpvsAddress.Format(Address, Port);
}
