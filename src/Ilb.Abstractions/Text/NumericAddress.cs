using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>Addresses in text, strictly: IPv4 as four decimal numbers, IPv6 without a scope, with or without <c>[]</c>. A short or octal form is an error, not a guess.</summary>
public static class NumericAddress
{
    /// <summary>Reads an address.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no numeric address.</exception>
    public static IPAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var address) ? address : throw new FormatException($"{Quote.Of(text)} is not an IPv4 or IPv6 address");
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text))
            return false;
        if (text[0] == '[')
            return text[^1] == ']' && TryParseV6(text[1..^1], out address);
        return text.Contains(':', StringComparison.Ordinal) ? TryParseV6(text, out address) : TryParseV4(text, out address);
    }

    /// <summary>The address as it stands before a port: IPv6 in <c>[]</c>.</summary>
    /// <param name="address">The address.</param>
    public static string Bracketed(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }

    /// <summary>The address with its ports: <c>10.0.0.1:80</c>, <c>[2001:db8::1]:80-90</c>; without ports the address alone, IPv6 in <c>[]</c>.</summary>
    /// <param name="address">The address.</param>
    /// <param name="ports">The ports, or null.</param>
    public static string WithPorts(IPAddress address, PortRange? ports) =>
        ports is null ? Bracketed(address) : string.Create(CultureInfo.InvariantCulture, $"{Bracketed(address)}:{ports}");

    internal static bool TryParseV6(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && !text.Contains('/', StringComparison.Ordinal)
            && IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    internal static bool TryParseV4(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        Span<byte> bytes = stackalloc byte[4];
        var place = 0;
        foreach (var part in text.AsSpan().Split('.'))
        {
            var number = text.AsSpan(part);
            if (place == 4 || number.Length is 0 or > 3 || (number.Length > 1 && number[0] == '0')
                || !byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[place++]))
            {
                return false;
            }
        }

        if (place != 4)
            return false;
        address = new IPAddress(bytes);
        return true;
    }
}
