namespace Ilb.Integration.Tests.Harness;

/// <summary>The sample programs, which lie beside the tests.</summary>
internal static class Sample
{
    /// <summary>The words that run one.</summary>
    public static IEnumerable<string> CommandLine(string sample, params IEnumerable<string> arguments) =>
        [Environment.ProcessPath ?? "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, $"{sample}.dll"), .. arguments];
}
