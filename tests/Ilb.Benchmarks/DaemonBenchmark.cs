using System.Diagnostics;
using System.Globalization;
using Ilb.Netlink;

namespace Ilb.Benchmarks;

/// <summary>The daemon as its clients see it: its start among many rules, one change after another and from many clients at once, and what it costs when nothing happens.</summary>
internal static class DaemonBenchmark
{
    private const int Many = 5_000;
    private const int Few = 10;
    private const int Changes = 300;
    private const int Clients = 16;
    private static readonly TimeSpan Crowd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync(Report report, string ilbd)
    {
        await Space.RunAsync(options => MeasureAsync(report, ilbd, options, Few));
        await Space.RunAsync(options => MeasureAsync(report, ilbd, options, Many));
    }

    /// <summary>Starts the daemon in a network namespace and waits until it answers.</summary>
    public static async Task<Process> StartAsync(string ilbd, NetlinkOptions options, BenchmarkFolder folder, RemoteLoadBalancer client)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(BenchmarkFolder.SocketPath)!);
        var start = new ProcessStartInfo("nsenter", [$"--net={options.NetworkNamespace}", ilbd, "--config", folder.ConfigurationPath, "--socket", BenchmarkFolder.SocketPath]) { RedirectStandardError = true };
        var daemon = Process.Start(start) ?? throw new InvalidOperationException(ilbd);
        daemon.BeginErrorReadLine();
        while (true)
        {
            try
            {
                await client.GetConfigurationAsync();
                return daemon;
            }
            catch (IlbException e) when (e.Code == IlbErrorCode.DaemonUnreachable && !daemon.HasExited)
            {
                await Task.Delay(Poll, TimeProvider.System);
            }
        }
    }

    private static async Task<int> MeasureAsync(Report report, string ilbd, NetlinkOptions options, int size)
    {
        using var folder = new BenchmarkFolder();
        await File.WriteAllBytesAsync(folder.ConfigurationPath, IlbJson.Serialize(Site.Make(size)));
        await using var client = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = BenchmarkFolder.SocketPath });
        string work = $"ilbd with {size:N0} rules x {Site.Servers}";
        // The first fills the kernel; the second finds all of it there, as after a restart.
        foreach (string kind in (string[])["start on an empty kernel", "start on a kernel that holds all"])
        {
            long started = Stopwatch.GetTimestamp();
            using var daemon = await StartAsync(ilbd, options, folder, client);
            report.Note($"{work}, {kind}", string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms until it answers"));
            await IdleAsync(report, daemon, work, size == Few ? 30 : 100);
            if (size == Many && kind[^1] == 'l')
            {
                await OneByOneAsync(report, client, work, size);
                await TogetherAsync(report, work, size);
            }

            daemon.Kill();
            await daemon.WaitForExitAsync();
        }

        return size;
    }

    private static async Task IdleAsync(Report report, Process daemon, string work, double memory)
    {
        await Task.Delay(Settling, TimeProvider.System);
        var (wakes, processor) = (WakesOf(daemon), daemon.TotalProcessorTime);
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(Idle, TimeProvider.System);
        daemon.Refresh();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        report.Most($"{work}, idle, resident", "MB", daemon.WorkingSet64 / 1048576.0, memory);
        report.Note($"{work}, idle", string.Create(CultureInfo.InvariantCulture, $"{(WakesOf(daemon) - wakes) / seconds:0.0} wake-ups a second (target with 10 rules: under 2), {(daemon.TotalProcessorTime - processor).TotalMilliseconds / seconds:0.0} ms of processor time a second, audits every 10 s among it"));
    }

    // How often a thread of it gave up the processor of its own accord, and so was woken.
    private static long WakesOf(Process daemon) => Directory.GetDirectories($"/proc/{daemon.Id}/task").Sum(static task => File.ReadLines(Path.Combine(task, "status"))
        .Where(static line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Sum(static line => long.Parse(line.AsSpan(line.IndexOf('\t', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture)));

    private static async Task OneByOneAsync(Report report, RemoteLoadBalancer client, string work, int size)
    {
        var times = new List<TimeSpan>();
        // The first part warms up.
        for (int i = -50; i < Changes; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await client.ApplyAsync(Site.SetWeight((i + Changes) * 7 % size, i));
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(started));
        }

        report.Percentiles($"{work}, one server changed by a client", "with the file", times, 100);
    }

    private static async Task TogetherAsync(Report report, string work, int size)
    {
        int changes = 0;
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            await using var own = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = BenchmarkFolder.SocketPath });
            for (int i = 0; Stopwatch.GetElapsedTime(started) < Crowd; i++)
            {
                await own.ApplyAsync(Site.SetWeight((client + (i * Clients)) % size, i));
                Interlocked.Increment(ref changes);
            }
        })));
        report.Rate($"{work}, {Clients} clients", "changes a second", changes / Stopwatch.GetElapsedTime(started).TotalSeconds, 1_000);
    }
}
