using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>One status of HTTP or several that follow each other. In text <c>200</c> or <c>200-299</c>; in JSON a number or such a text.</summary>
[JsonConverter(typeof(HttpStatusRangeConverter))]
public sealed record HttpStatusRange : IParsable<HttpStatusRange>
{
    /// <summary>One status.</summary>
    /// <param name="status">100–599.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is out of range.</exception>
    public HttpStatusRange(int status)
        : this(status, status)
    {
    }

    /// <summary>Statuses that follow each other.</summary>
    /// <param name="first">The lowest, 100–599.</param>
    /// <param name="last">The highest, <paramref name="first"/>–599.</param>
    /// <exception cref="ArgumentOutOfRangeException">A status is out of range, or the range is upside down.</exception>
    public HttpStatusRange(int first, int last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(last, 599);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, last);
        First = first;
        Last = last;
    }

    /// <summary>The lowest status, 100–599.</summary>
    public int First { get; }

    /// <summary>The highest status, <see cref="First"/>–599.</summary>
    public int Last { get; }

    /// <summary>One status as a range.</summary>
    /// <param name="status">100–599.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is out of range.</exception>
    public static implicit operator HttpStatusRange(int status) => new(status);

    /// <summary>One status as a range.</summary>
    /// <param name="status">100–599.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is out of range.</exception>
    public static HttpStatusRange FromInt32(int status) => new(status);

    /// <summary>Reads <c>200</c> or <c>200-299</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no status and no range.</exception>
    public static HttpStatusRange Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not a status of HTTP (100-599) or a range such as 200-299");
    }

    /// <summary>Reads <c>200</c> or <c>200-299</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The range.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out HttpStatusRange result)
    {
        result = null;
        var text = s.AsSpan();
        var dash = text.IndexOf('-');
        if (!TryStatus(dash < 0 ? text : text[..dash], out var first))
            return false;
        var last = first;
        if ((dash >= 0 && !TryStatus(text[(dash + 1)..], out last)) || first > last)
            return false;
        result = new HttpStatusRange(first, last);
        return true;
    }

    /// <summary><c>200</c> or <c>200-299</c>.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryStatus(ReadOnlySpan<char> text, out int status) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out status) && status is >= 100 and <= 599;
}
