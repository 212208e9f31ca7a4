using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>One address or several that follow each other, of one family. In text and in JSON <c>10.0.0.1</c>, <c>10.0.0.1-10.0.0.4</c>, <c>2001:db8::1-2001:db8::4</c>.</summary>
[JsonConverter(typeof(AddressSpanConverter))]
public sealed record AddressSpan : IParsable<AddressSpan>
{
    /// <summary>One address.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    public AddressSpan(IPAddress address)
        : this(address, address)
    {
    }

    /// <summary>Addresses that follow each other.</summary>
    /// <param name="first">The lowest.</param>
    /// <param name="last">The highest.</param>
    /// <exception cref="ArgumentException">The addresses are of two families, or the span is upside down.</exception>
    public AddressSpan(IPAddress first, IPAddress last)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(last);
        if (first.AddressFamily != last.AddressFamily || ServerSpec.ToNumber(last) < ServerSpec.ToNumber(first))
            throw new ArgumentException("a span has addresses of one family, the lowest first", nameof(last));
        First = first;
        Last = last;
    }

    /// <summary>The lowest address.</summary>
    public IPAddress First { get; }

    /// <summary>The highest address.</summary>
    public IPAddress Last { get; }

    /// <summary>The number of addresses; 0 stands for 2¹²⁸.</summary>
    public UInt128 Count => ServerSpec.ToNumber(Last) - ServerSpec.ToNumber(First) + 1;

    /// <summary>Reads an address or a span.</summary>
    /// <param name="s">The text; IPv6 with or without <c>[]</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static AddressSpan Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not an address or a span of addresses such as 10.0.0.1-10.0.0.4");
    }

    /// <summary>Reads an address or a span.</summary>
    /// <param name="s">The text; IPv6 with or without <c>[]</c>.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The span.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out AddressSpan result)
    {
        result = null;
        if (s is null)
            return false;
        var dash = s.IndexOf('-', StringComparison.Ordinal);
        if (!NumericAddress.TryParse(dash < 0 ? s : s[..dash], out var first))
            return false;
        var last = first;
        if (dash >= 0 && !NumericAddress.TryParse(s[(dash + 1)..], out last))
            return false;
        if (first.AddressFamily != last.AddressFamily || ServerSpec.ToNumber(last) < ServerSpec.ToNumber(first))
            return false;
        result = new AddressSpan(first, last);
        return true;
    }

    /// <summary><c>10.0.0.1</c> or <c>10.0.0.1-10.0.0.4</c>.</summary>
    public override string ToString() => First.Equals(Last) ? First.ToString() : $"{First}-{Last}";
}
