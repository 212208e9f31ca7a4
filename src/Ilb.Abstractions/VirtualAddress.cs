using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>An address that one of several balancers has at a time, and the length of its network's prefix. In text and in JSON <c>192.0.2.1</c> or <c>192.0.2.1/24</c>.</summary>
[JsonConverter(typeof(VirtualAddressConverter))]
public sealed record VirtualAddress : IParsable<VirtualAddress>
{
    /// <summary>An address that is a network of its own.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    public VirtualAddress(IPAddress address)
        : this(address, LengthOf(address))
    {
    }

    /// <summary>An address in a network.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <param name="prefixLength">IPv4 1–32, IPv6 1–128.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is out of range.</exception>
    public VirtualAddress(IPAddress address, int prefixLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prefixLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, LengthOf(address));
        Address = address;
        PrefixLength = prefixLength;
    }

    /// <summary>The address.</summary>
    public IPAddress Address { get; }

    /// <summary>How many leading bits of the address are its network's: IPv4 1–32, IPv6 1–128. Default all.</summary>
    public int PrefixLength { get; }

    /// <summary>Reads <c>192.0.2.1</c> or <c>192.0.2.1/24</c>.</summary>
    /// <param name="s">The text; IPv6 with or without <c>[]</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static VirtualAddress Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not an address such as 192.0.2.1 or 192.0.2.1/24");
    }

    /// <summary>Reads <c>192.0.2.1</c> or <c>192.0.2.1/24</c>.</summary>
    /// <param name="s">The text; IPv6 with or without <c>[]</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The address.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out VirtualAddress result)
    {
        result = null;
        if (s is null)
            return false;
        var slash = s.IndexOf('/', StringComparison.Ordinal);
        if (!NumericAddress.TryParse(slash < 0 ? s : s[..slash], out var address))
            return false;
        var length = LengthOf(address);
        if (slash >= 0 && (!int.TryParse(s.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length < 1 || length > LengthOf(address)))
            return false;
        result = new VirtualAddress(address, length);
        return true;
    }

    /// <summary><c>192.0.2.1</c> or <c>192.0.2.1/24</c>.</summary>
    public override string ToString() => PrefixLength == LengthOf(Address) ? Address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");

    private static int LengthOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
    }
}
