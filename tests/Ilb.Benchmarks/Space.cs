using System.Diagnostics;
using System.Net;
using Ilb.Netlink;

namespace Ilb.Benchmarks;

/// <summary>Where and how things are measured: network namespaces, other programs, the clock.</summary>
internal static class Space
{
    /// <summary>Works in a fresh network namespace: the kernel keeps removed destinations for two minutes in a list that each addition walks.</summary>
    public static async Task<T> RunAsync<T>(Func<NetlinkOptions, Task<T>> work)
    {
        string name = $"ilb-bench-{Environment.ProcessId}";
        await StartAsync("ip", "netns", "add", name);
        // Without any address the kernel has no local routing table and takes every destination for a broadcast.
        await StartAsync("ip", "-n", name, "link", "set", "lo", "up");
        try
        {
            return await work(new NetlinkOptions { NetworkNamespace = $"/run/netns/{name}" });
        }
        finally
        {
            await StartAsync("ip", "netns", "delete", name);
        }
    }

    /// <summary>Runs a shell's command in a network namespace and returns what it prints.</summary>
    public static Task<string> InsideAsync(NetlinkOptions options, string command) => StartAsync("nsenter", $"--net={options.NetworkNamespace}", "sh", "-c", command);

    public static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        long started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>An address of the benchmarks by its first byte and a number up to 65,535.</summary>
    public static IPAddress Address(int first, int number) => new([(byte)first, 0, (byte)(number >> 8), (byte)number]);

    private static async Task<string> StartAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException(program);
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
