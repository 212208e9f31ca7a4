namespace Ilb.Integration.Tests.Harness;

/// <summary>The sample program, which lies beside the tests.</summary>
internal static class Sample
{
    /// <summary>The words that run it.</summary>
    public static IEnumerable<string> CommandLine(params IEnumerable<string> arguments) =>
        [Environment.ProcessPath ?? "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "IpvsList.dll"), .. arguments];
}
