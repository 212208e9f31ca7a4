using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ilb;

/// <summary>Durations in text: a whole number of seconds, or of <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, as in <c>30</c>, <c>500ms</c>, <c>5m</c>. In JSON a number of seconds or such a text.</summary>
public static class Duration
{
    /// <summary>The longest, 365 days.</summary>
    public static TimeSpan Maximum { get; } = TimeSpan.FromDays(365);

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no duration, or longer than <see cref="Maximum"/>.</exception>
    public static TimeSpan Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var value) ? value : throw new FormatException(Fault(Quote.Of(text)));
    }

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">0 to <see cref="Maximum"/>, in whole milliseconds.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan value)
    {
        value = default;
        if (text is null)
            return false;
        var digits = text.AsSpan().TrimEnd("dhms");
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        var unit = text.AsSpan(digits.Length) switch
        {
            "" or "s" => TimeSpan.TicksPerSecond,
            "ms" => TimeSpan.TicksPerMillisecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => 0,
        };
        if (unit == 0 || number > Maximum.Ticks / unit)
            return false;
        value = new TimeSpan(number * unit);
        return true;
    }

    /// <summary>The duration in seconds, or with <c>ms</c> if they are not whole.</summary>
    /// <param name="value">The duration; what is below a millisecond is cut off.</param>
    public static string Format(TimeSpan value)
    {
        var milliseconds = value.Ticks / TimeSpan.TicksPerMillisecond;
        return milliseconds % 1000 == 0
            ? (milliseconds / 1000).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }

    internal static string Fault(string text) => $"{text} is not a duration: it is a number of seconds, or with s, m, h or d such as 5m, up to {Maximum.Days}d";
}
