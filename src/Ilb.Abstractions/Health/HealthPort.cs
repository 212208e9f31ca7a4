using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Which of a server's ports a health check probes. In text a number, <c>ANY</c> or <c>ALL</c>; in JSON a number or one of these words.</summary>
[JsonConverter(typeof(HealthPortConverter))]
public sealed record HealthPort : IParsable<HealthPort>
{
    private readonly string? _word;

    /// <summary>One port, whatever ports the server has.</summary>
    /// <param name="port">1–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public HealthPort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        Port = port;
    }

    private HealthPort(string word) => _word = word;

    /// <summary>A port of the server's range, another with each probe.</summary>
    public static HealthPort Any { get; } = new("ANY");

    /// <summary>Every port of the server's range; all must be alive.</summary>
    public static HealthPort All { get; } = new("ALL");

    /// <summary>The port, 1–65535; null for <see cref="Any"/> and <see cref="All"/>.</summary>
    public int? Port { get; }

    /// <summary>One port.</summary>
    /// <param name="port">1–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public static implicit operator HealthPort(int port) => new(port);

    /// <summary>One port.</summary>
    /// <param name="port">1–65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public static HealthPort FromInt32(int port) => new(port);

    /// <summary>Reads <c>80</c>, <c>ANY</c> or <c>ALL</c>.</summary>
    /// <param name="s">The text; case does not matter.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static HealthPort Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not a port (1-65535), ANY or ALL");
    }

    /// <summary>Reads <c>80</c>, <c>ANY</c> or <c>ALL</c>.</summary>
    /// <param name="s">The text; case does not matter.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The port.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out HealthPort result)
    {
        result = string.Equals(s, Any._word, StringComparison.OrdinalIgnoreCase) ? Any
            : string.Equals(s, All._word, StringComparison.OrdinalIgnoreCase) ? All
            : int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= ushort.MaxValue && s[0] != '0' ? new HealthPort(port)
            : null;
        return result is not null;
    }

    /// <summary><c>80</c>, <c>ANY</c> or <c>ALL</c>.</summary>
    public override string ToString() => _word ?? Port!.Value.ToString(CultureInfo.InvariantCulture);
}
