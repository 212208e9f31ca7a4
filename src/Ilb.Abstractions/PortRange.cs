using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>One port or several that follow each other. In text <c>80</c> or <c>8000-8010</c>; in JSON a number or such a text.</summary>
[JsonConverter(typeof(PortRangeConverter))]
public sealed record PortRange : IParsable<PortRange>
{
    /// <summary>One port.</summary>
    /// <param name="port">1–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public PortRange(int port)
        : this(port, port)
    {
    }

    /// <summary>Ports that follow each other.</summary>
    /// <param name="first">The lowest, 1–65535.</param>
    /// <param name="last">The highest, <paramref name="first"/>–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">A port is out of range, or the range is upside down.</exception>
    public PortRange(int first, int last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(last, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, last);
        First = first;
        Last = last;
    }

    /// <summary>Every port, 1–65535.</summary>
    public static PortRange All { get; } = new(1, ushort.MaxValue);

    /// <summary>The lowest port, 1–65535.</summary>
    public int First { get; }

    /// <summary>The highest port, <see cref="First"/>–65535.</summary>
    public int Last { get; }

    /// <summary>The number of ports.</summary>
    [JsonIgnore]
    public int Count => Last - First + 1;

    /// <summary>Whether a port is in both.</summary>
    /// <param name="other">The other range.</param>
    public bool Overlaps(PortRange other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return First <= other.Last && other.First <= Last;
    }

    /// <summary>One port as a range.</summary>
    /// <param name="port">1–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public static implicit operator PortRange(int port) => new(port);

    /// <summary>One port as a range.</summary>
    /// <param name="port">1–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public static PortRange FromInt32(int port) => new(port);

    /// <summary>Reads <c>80</c> or <c>8000-8010</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no port and no range of ports.</exception>
    public static PortRange Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not a port (1-65535) or a range of ports such as 8000-8010");
    }

    /// <summary>Reads <c>80</c> or <c>8000-8010</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The range.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out PortRange result)
    {
        result = null;
        if (s is null)
            return false;
        var text = s.AsSpan();
        var dash = text.IndexOf('-');
        if (!TryPort(dash < 0 ? text : text[..dash], out var first))
            return false;
        var last = first;
        if (dash >= 0 && !TryPort(text[(dash + 1)..], out last))
            return false;
        if (first > last)
            return false;
        result = new PortRange(first, last);
        return true;
    }

    /// <summary><c>80</c> or <c>8000-8010</c>.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryPort(ReadOnlySpan<char> text, out int port) =>
        // No leading zeros: some readers take such a number for an octal one.
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= ushort.MaxValue && text[0] != '0';
}
