using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A service's key in the runtime state: <c>TCP 192.0.2.1 80</c>, <c>FWM 7 IPv4</c>.</summary>
internal static class ServiceKeyText
{
    public static string Format(IpvsServiceKey key) => key.Address is null
        ? string.Create(CultureInfo.InvariantCulture, $"FWM {key.FirewallMark} {(key.Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}")
        : string.Create(CultureInfo.InvariantCulture, $"{key.Protocol!.Value.ToString().ToUpperInvariant()} {key.Address} {key.Port}");

    public static bool TryParse(ReadOnlySpan<string> words, [NotNullWhen(true)] out IpvsServiceKey? key)
    {
        key = null;
        if (words is ["FWM", var number, "IPv4" or "IPv6"] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var mark) && mark > 0)
        {
            key = IpvsServiceKey.ForFirewallMark(mark, words[2] == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork);
        }
        else if (words is [var name, var text, var digits] && Enum.TryParse<IpvsProtocol>(name, ignoreCase: true, out var protocol) && Enum.IsDefined(protocol)
            && NumericAddress.TryParse(text, out var address) && ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            key = IpvsServiceKey.ForAddress(protocol, address, port);
        }

        return key is not null;
    }
}
