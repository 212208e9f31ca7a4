using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ilb.Cli;

/// <summary>What surrounds a command: where it writes, the environment, and how it gets its load balancer.</summary>
internal sealed class Terminal
{
    /// <summary>The process's own.</summary>
    public static Terminal System { get; } = new()
    {
        Output = new StreamWriter(new DescriptorStream(1), new UTF8Encoding(false)),
        Error = new StreamWriter(new DescriptorStream(2), new UTF8Encoding(false)),
        Input = static () => new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0),
        Variable = Environment.GetEnvironmentVariable,
        Connect = static options => LoadBalancer.ConnectAsync(options),
        Create = LoadBalancer.Create,
        Services = static () => File.Exists("/etc/services") ? File.ReadAllText("/etc/services") : "",
    };

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Whether who read the output has gone: what is written is lost.</summary>
    public bool IsOutputClosed => Output is StreamWriter { BaseStream: DescriptorStream { IsClosed: true } };

    /// <summary>Opens the standard input.</summary>
    public required Func<Stream> Input { get; init; }

    /// <summary>The value of an environment variable, or null.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The daemon, or where there is none a load balancer in this process.</summary>
    public required Func<LoadBalancerOptions, Task<ILoadBalancer>> Connect { get; init; }

    /// <summary>A load balancer in this process.</summary>
    public required Func<LoadBalancerOptions, ILoadBalancer> Create { get; init; }

    /// <summary>The clock, and the time zone that times are shown in. Default the system's, so <c>TZ</c> counts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The text of services(5).</summary>
    public required Func<string> Services { get; init; }
}
