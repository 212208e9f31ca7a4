using System.Net;
using System.Net.Sockets;

namespace Ilb.Netlink.Wire;

/// <summary>Addresses between .NET and the kernel, whose family numbers (include/linux/socket.h) are not .NET's.</summary>
internal static class KernelAddress
{
    private const ushort Inet = 2;
    private const ushort Inet6 = 10;

    public static ushort FamilyNumber(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? Inet6 : Inet;

    public static AddressFamily Family(ushort number) => number switch
    {
        Inet => AddressFamily.InterNetwork,
        Inet6 => AddressFamily.InterNetworkV6,
        _ => throw ProtocolError.Make("{0} is neither the family of IPv4 nor that of IPv6", number),
    };

    public static bool IsFamily(ushort number) => number is Inet or Inet6;

    public static int Length(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? 16 : 4;

    /// <summary>Refuses an address that the kernel cannot be told.</summary>
    /// <exception cref="ArgumentException">It is neither IPv4 nor IPv6, or has a scope.</exception>
    public static void Check(IPAddress address, string name)
    {
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentException($"{address} is neither an IPv4 nor an IPv6 address", name);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0)
            throw new ArgumentException($"{address} has a scope, which has no place here", name);
    }
}
