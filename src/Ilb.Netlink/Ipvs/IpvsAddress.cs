using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ilb.Netlink.Ipvs;

/// <summary>How an address and a port are written for a person.</summary>
internal static class IpvsAddress
{
    public static string Format(IPAddress address, ushort port) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? string.Create(CultureInfo.InvariantCulture, $"[{address}]:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
}
