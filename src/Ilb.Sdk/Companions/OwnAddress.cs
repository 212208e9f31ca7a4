using System.Net;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>Which address of this machine a probe may come from, where the routes say one that it may not. Pure.</summary>
internal static class OwnAddress
{
    private const InterfaceAddressStates Unusable = InterfaceAddressStates.Tentative | InterfaceAddressStates.DuplicateDetected;

    /// <summary>The address; null if there is none.</summary>
    /// <param name="addresses">All addresses of the machine.</param>
    /// <param name="link">The interface that leads to the server.</param>
    /// <param name="server">The server.</param>
    /// <param name="vips">Which are never a source.</param>
    public static IPAddress? Choose(IEnumerable<InterfaceAddressState> addresses, int link, IPAddress server, IReadOnlySet<IPAddress> vips) =>
        addresses
            .Where(state => state.LinkIndex == link && state.Address.AddressFamily == server.AddressFamily && !vips.Contains(state.Address)
                && (state.States & Unusable) == 0 && !state.Address.IsIPv6LinkLocal)
            // Of the server's own network, if there is one; then one that the kernel too would take before others.
            .OrderByDescending(state => CommonBits(state.Address, server) >= state.PrefixLength)
            .ThenBy(static state => state.States & (InterfaceAddressStates.Deprecated | InterfaceAddressStates.Secondary))
            .Select(static state => state.Address)
            .FirstOrDefault();

    private static int CommonBits(IPAddress one, IPAddress other)
    {
        var (left, right) = (one.GetAddressBytes(), other.GetAddressBytes());
        for (var i = 0; i < 8 * left.Length; i++)
        {
            if (((left[i / 8] ^ right[i / 8]) & (0x80 >> (i % 8))) != 0)
                return i;
        }

        return 8 * left.Length;
    }
}
