namespace Ilb.Testing;

/// <summary>Whether tests that take long run whole: <c>./test --full</c>, which sets the environment variable <c>ILB_FULL</c> to 1.</summary>
public static class FullRun
{
    /// <summary>True: whole. Default false.</summary>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("ILB_FULL") == "1";

    /// <summary>How many of something a test does.</summary>
    public static int Count(int usual, int full) => IsOn ? full : usual;
}
