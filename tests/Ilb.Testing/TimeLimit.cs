using System.Globalization;

namespace Ilb.Testing;

/// <summary>
/// How long a test waits for what must happen before it fails. Multiplied by the environment variable
/// <c>ILB_TEST_SLOWNESS</c> (1 or more, default 1), for machines that are slow or busy with something else.
/// </summary>
public static class TimeLimit
{
    /// <summary>The factor.</summary>
    public static double Slowness { get; } = ReadSlowness(Environment.GetEnvironmentVariable("ILB_TEST_SLOWNESS"));

    /// <summary>A limit of so many seconds on a machine of usual speed.</summary>
    public static TimeSpan FromSeconds(double seconds) => TimeSpan.FromSeconds(seconds) * Slowness;

    /// <summary>Reads the factor; null or empty = 1.</summary>
    public static double ReadSlowness(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return 1;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor) && factor >= 1
            ? factor
            : throw new FormatException($"ILB_TEST_SLOWNESS is a number from 1, not '{text}'");
    }
}
