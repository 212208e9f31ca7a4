using System.Globalization;

namespace Ilb.Cli.Text;

/// <summary>Times for a person, in the time zone of a clock; without blanks, so that they are one word in a table.</summary>
internal static class ClockText
{
    /// <summary>The time of day, with its date if that is not today's: <c>14:03:59</c>, <c>2026-03-01T14:03:59</c>.</summary>
    public static string Short(DateTimeOffset time, TimeProvider clock)
    {
        var local = TimeZoneInfo.ConvertTime(time, clock.LocalTimeZone);
        return local.ToString(local.Date == clock.GetLocalNow().Date ? "HH:mm:ss" : "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>Date and time in milliseconds, with the distance from UTC: <c>2026-03-01T14:03:59.042+01:00</c>.</summary>
    public static string Full(DateTimeOffset time, TimeProvider clock) =>
        TimeZoneInfo.ConvertTime(time, clock.LocalTimeZone).ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture);

    /// <summary>A short time in three digits, whatever its size: <c>85us</c>, <c>1.25ms</c>, <c>48ms</c>, <c>2.1s</c>.</summary>
    public static string Length(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0}us"),
        { TotalSeconds: < 1 } => Digits(time.TotalMilliseconds, "ms"),
        _ => Digits(time.TotalSeconds, "s"),
    };

    private static string Digits(double value, string unit) =>
        value.ToString(value switch { < 10 => "0.##", < 100 => "0.#", _ => "0" }, CultureInfo.InvariantCulture) + unit;
}
