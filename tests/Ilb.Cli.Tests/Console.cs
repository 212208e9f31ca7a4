using System.Text;
using Ilb.Testing;

namespace Ilb.Cli.Tests;

/// <summary>The real command over an IPVS in memory.</summary>
internal sealed class Console : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public InMemoryIpvs Ipvs { get; } = new();

    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>The standard input.</summary>
    public string Input { get; set; } = "";

    public string ConfigurationPath => _folder.ConfigurationPath;

    /// <summary>Stands in the place of the real one; null (default) = none does.</summary>
    public ILoadBalancer? Balancer { get; set; }

    /// <summary>The clock that times are shown by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The options of the last balancer that was opened; null if none was.</summary>
    public LoadBalancerOptions? Opened { get; private set; }

    /// <summary>Whether the last balancer was one that no daemon was looked for.</summary>
    public bool IsLocal { get; private set; }

    /// <summary>Why the daemon cannot be used; null (default) = it can, or there is none.</summary>
    public IlbException? Refused { get; set; }

    public void Dispose() => _folder.Dispose();

    public async Task<(int Status, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var status = await Ilbadm.RunAsync(arguments, Terminal(output, error));
        return (status, output.ToString(), error.ToString());
    }

    public Terminal Terminal(TextWriter output, TextWriter error) => new()
    {
        Output = output,
        Error = error,
        Input = () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        Time = Clock,
        Variable = Variables.GetValueOrDefault,
        Connect = options => Refused is null ? Task.FromResult(Open(options)) : Task.FromException<ILoadBalancer>(Refused),
        Create = options =>
        {
            IsLocal = true;
            return Open(options);
        },
        Services = static () => "http 80/tcp www\ndomain 53/udp\n",
    };

    /// <summary>Runs a command line, split at spaces, that is expected to succeed in silence.</summary>
    public async Task DoAsync(string line)
    {
        var (status, output, error) = await RunAsync(line.Split(' '));
        Assert.Equal((0, "", ""), (status, output, error));
    }

    /// <summary>Runs a command line, split at spaces, that is expected to succeed; its output.</summary>
    public async Task<string> ShowAsync(string line)
    {
        var (status, output, error) = await RunAsync(line.Split(' '));
        Assert.Equal((0, ""), (status, error));
        return output;
    }

    /// <summary>What is on disk and in the kernel.</summary>
    public string Everything() => string.Join('\n', Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(static file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(static file => $"{file}: {File.ReadAllText(file)}").Append(Ipvs.Text));

    private ILoadBalancer Open(LoadBalancerOptions options)
    {
        Opened = options;
        return Balancer ?? TestBalancer.Create(options with { ConfigurationPath = ConfigurationPath, RuntimeDirectory = _folder.File("run") }, Ipvs);
    }
}
