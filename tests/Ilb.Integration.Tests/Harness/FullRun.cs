namespace Ilb.Integration.Tests.Harness;

/// <summary>Whether what takes long runs whole: ILB_FULL=1, which <c>./test --full</c> sets.</summary>
internal static class FullRun
{
    public static bool IsWanted { get; } = Environment.GetEnvironmentVariable("ILB_FULL") == "1";

    /// <summary>How many of something: all of them in a full run, else a few.</summary>
    public static int Count(int few, int all) => IsWanted ? all : few;
}
