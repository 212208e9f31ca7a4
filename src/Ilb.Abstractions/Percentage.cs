using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A part of a hundred. In text and in JSON <c>50%</c>.</summary>
[JsonConverter(typeof(PercentageConverter))]
public sealed record Percentage : IParsable<Percentage>
{
    /// <summary>A part of a hundred.</summary>
    /// <param name="value">0–100.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public Percentage(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100);
        Value = value;
    }

    /// <summary>0–100.</summary>
    public int Value { get; }

    /// <summary>Reads <c>50%</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no percentage.</exception>
    public static Percentage Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not a percentage such as 50%");
    }

    /// <summary>Reads <c>50%</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The percentage.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Percentage result)
    {
        result = null;
        if (s is not [.. var digits, '%'] || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > 100)
            return false;
        result = new Percentage(value);
        return true;
    }

    /// <summary><c>50%</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}%");
}
