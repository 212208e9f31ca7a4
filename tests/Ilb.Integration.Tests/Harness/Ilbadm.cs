using System.Text.RegularExpressions;

namespace Ilb.Integration.Tests.Harness;

/// <summary>The native <c>ilbadm</c> that ./build left, run in a namespace with a configuration of its own.</summary>
internal sealed partial class Ilbadm(TestNamespace space) : IDisposable
{
    private static readonly string Program = Path.Combine(Artifacts.Folder, "ilbadm");

    private readonly string _folder = Directory.CreateTempSubdirectory("ilbadm").FullName;

    public string ConfigurationPath => Path.Combine(_folder, "ilb.json");

    /// <summary>Runs a command line, split at spaces, that succeeds in silence or prints something.</summary>
    public async Task<string> RunAsync(string line)
    {
        var result = await TryRunAsync(line);
        return result.ExitCode == 0 && result.Error.Length == 0
            ? result.Output
            : throw new InvalidOperationException($"ilbadm {line}: exit status {result.ExitCode}: {result.Error}{result.Output}");
    }

    public Task<CommandResult> TryRunAsync(string line) => space.TryRunAsync(Program, [.. Words(line), "--config", ConfigurationPath]);

    /// <summary>Runs a command line in a shell, with what redirects its output.</summary>
    public Task<CommandResult> ShellAsync(string line, string redirection) =>
        space.TryRunAsync("sh", ["-c", $"exec \"$0\" {line} --config \"$1\" {redirection}", Program, ConfigurationPath]);

    /// <summary>Runs a script of the shell in a folder and with mounts of its own, where <c>ilbadm</c> is the program with its configuration, <c>$ILB_CONFIG</c>.</summary>
    public Task<string> ScriptAsync(string script) =>
        space.RunAsync("unshare", ["--mount", "sh", "-s"], $"cd '{_folder}'\nPATH='{Path.GetDirectoryName(Program)}':$PATH\nexport ILB_CONFIG='{ConfigurationPath}'\n{script}");

    /// <summary>A table's cells, without its head.</summary>
    public async Task<string[][]> TableAsync(string line) =>
        [.. (await RunAsync(line)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(row => Blanks().Split(row.Trim()))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
