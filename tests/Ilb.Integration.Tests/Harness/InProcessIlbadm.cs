using Ilb.Cli;

namespace Ilb.Integration.Tests.Harness;

/// <summary>The command line of <c>ilbadm</c> run in this process, on the kernel of a namespace and with a configuration of its own.</summary>
/// <remarks>To start two processes for each command takes a hundred times as long in the lab.</remarks>
internal sealed class InProcessIlbadm(TestNamespace space) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ilbadm");

    public string Folder => _folder.FullName;

    public string ConfigurationPath => Path.Combine(Folder, "ilb.json");

    /// <summary>Runs a command line, split at spaces, that succeeds; its output.</summary>
    public async Task<string> RunAsync(string line)
    {
        var result = await TryRunAsync(line);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    /// <summary>Runs a command line, split at spaces.</summary>
    public async Task<CommandResult> TryRunAsync(string line)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal
        {
            Output = output,
            Error = error,
            Input = static () => Stream.Null,
            Variable = name => name == "ILB_CONFIG" ? ConfigurationPath : null,
            Connect = options => LoadBalancer.ConnectAsync(options with { NetworkNamespace = space.Path }),
            Create = options => LoadBalancer.Create(options with { NetworkNamespace = space.Path }),
            Services = Terminal.System.Services,
        };
        var status = await Cli.Ilbadm.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), terminal);
        return new CommandResult { ExitCode = status, Output = output.ToString(), Error = error.ToString() };
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
