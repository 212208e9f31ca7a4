using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ilb.Netlink.Ipvs;

/// <summary>What IPVS takes as an address, and how it is written for a person.</summary>
internal static class IpvsAddress
{
    public static void Check(IPAddress address, string name)
    {
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentException($"{address} is neither an IPv4 nor an IPv6 address", name);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0)
            throw new ArgumentException($"{address} has a scope, which IPVS does not know", name);
    }

    public static string Format(IPAddress address, ushort port) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? string.Create(CultureInfo.InvariantCulture, $"[{address}]:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
}
