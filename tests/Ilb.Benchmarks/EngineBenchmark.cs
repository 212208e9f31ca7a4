using System.Collections.Concurrent;
using System.Diagnostics;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Benchmarks;

/// <summary>A live engine among many rules: the weight of one server, one change after another, and from many callers at once.</summary>
internal static class EngineBenchmark
{
    private const int Servers = Site.Servers;
    private const int Changes = 400;
    private const int Callers = 16;
    private static readonly int[] Sizes = [10, 100, 1_000, 5_000];
    private static readonly TimeSpan Crowd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Audit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HealTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <param name="report">Where the figures go.</param>
    /// <param name="inMemory">Whether an IPVS in memory stands for the kernel's.</param>
    public static async Task RunAsync(Report report, bool inMemory)
    {
        foreach (int size in Sizes)
        {
            if (inMemory)
                await MeasureAsync(report, size, new InMemoryIpvs(), null);
            else
                await Space.RunAsync(options => MeasureAsync(report, size, new IpvsForwarder(new IpvsClient(options)), options));
        }

        if (!inMemory)
            await Space.RunAsync(options => HealAsync(report, options));
    }

    // Somebody clears the kernel: how long until all is back, and what it costs that nothing happens.
    private static async Task<int> HealAsync(Report report, NetlinkOptions options)
    {
        int size = Sizes[^1];
        using var folder = new BenchmarkFolder();
        using var client = new IpvsClient(options);
        await using var balancer = LoadBalancer.Create(folder.Options(options) with { KeepsKernel = true, AuditInterval = Audit });
        await balancer.ReplaceAllAsync(Site.Make(size));
        var processor = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        await Task.Delay(3 * Audit, TimeProvider.System);
        report.Note($"an audit of {size:N0} rules x {Servers} that finds nothing", $"{(Environment.CpuUsage.TotalTime - processor).TotalMilliseconds * Audit.TotalMilliseconds / Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms of processor time");
        await client.FlushAsync();
        started = Stopwatch.GetTimestamp();
        while ((await client.GetServicesAsync()).Count < size)
            await Task.Delay(Poll, TimeProvider.System);
        var healed = Stopwatch.GetElapsedTime(started);
        if ((await balancer.ApplyAsync([])) is { Steps.Count: > 0 } left)
            throw new InvalidOperationException($"not healed: {left.Steps[0]}");
        report.Most($"all of {size:N0} rules x {Servers} cleared, audit interval {Audit.TotalSeconds:0} s: healed after", "s", healed.TotalSeconds, (Audit + HealTime).TotalSeconds);
        return size;
    }

    private static async Task<int> MeasureAsync(Report report, int size, IForwarder ipvs, NetlinkOptions? options)
    {
        using var folder = new BenchmarkFolder();
        var kernel = new TimedForwarder(ipvs);
        await using var balancer = LoadBalancer.Create(folder.Options(options), kernel, new InMemorySurroundings());
        await balancer.ReplaceAllAsync(Site.Make(size));
        await OneByOneAsync(report, balancer, kernel, size);
        if (size == Sizes[^1])
            await TogetherAsync(report, balancer, size);
        return size;
    }

    private static async Task OneByOneAsync(Report report, LoadBalancer balancer, TimedForwarder kernel, int size)
    {
        var (whole, inKernel) = (new List<TimeSpan>(), new List<TimeSpan>());
        // The first half warms up.
        for (int i = -Changes / 2; i < Changes; i++)
        {
            kernel.Elapsed = TimeSpan.Zero;
            long started = Stopwatch.GetTimestamp();
            var result = await balancer.ApplyAsync(Site.SetWeight((i + Changes) * 7 % size, i));
            var elapsed = Stopwatch.GetElapsedTime(started);
            if (!result.Converged || result.Steps.Count != 1)
                throw new InvalidOperationException($"wanted one step, got {result.Steps}");
            if (i < 0)
                continue;
            whole.Add(elapsed);
            inKernel.Add(kernel.Elapsed);
        }

        string work = $"one server among {size:N0} rules x {Servers}";
        report.Percentiles(work, "kernel part", inKernel, 5);
        report.Percentiles(work, "with the file", whole, 100);
    }

    private static async Task TogetherAsync(Report report, LoadBalancer balancer, int size)
    {
        long started = Stopwatch.GetTimestamp();
        var processor = Environment.CpuUsage.TotalTime;
        int changes = 0;
        var versions = new ConcurrentDictionary<string, bool>();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; Stopwatch.GetElapsedTime(started) < Crowd; i++)
            {
                var result = await balancer.ApplyAsync(Site.SetWeight((caller + (i * Callers)) % size, i));
                if (!result.Converged)
                    throw new InvalidOperationException("a step failed");
                versions.TryAdd(result.Version, true);
                Interlocked.Increment(ref changes);
            }
        })));
        double inProcessor = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / versions.Count;
        report.Rate($"{Callers} callers, one server each among {size:N0} rules x {Servers}", $"changes a second in {versions.Count / Crowd.TotalSeconds:0} saves of {inProcessor:0.0} ms of processor time", changes / Stopwatch.GetElapsedTime(started).TotalSeconds, 1_000);
    }
}
