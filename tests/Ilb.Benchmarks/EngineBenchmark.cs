using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Benchmarks;

/// <summary>A live engine among many rules: the weight of one server, one change after another, and from many callers at once.</summary>
internal static class EngineBenchmark
{
    private const int Servers = 4;
    private const int Changes = 400;
    private const int Callers = 16;
    private static readonly int[] Sizes = [10, 100, 1_000, 5_000];
    private static readonly TimeSpan Crowd = TimeSpan.FromSeconds(5);

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
    }

    private static async Task<int> MeasureAsync(Report report, int size, IForwarder ipvs, NetlinkOptions? options)
    {
        // Beside the program: the folder for temporary files may be memory, on which nothing is written through.
        string folder = Path.Combine(AppContext.BaseDirectory, $"ilb-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            var kernel = new TimedForwarder(ipvs);
            await using var balancer = LoadBalancer.Create(new LoadBalancerOptions
            {
                ConfigurationPath = Path.Combine(folder, "ilb.json"),
                RuntimeDirectory = "/dev/shm/ilb-bench",
                NetworkNamespace = options?.NetworkNamespace,
            }, kernel);
            await balancer.ReplaceAllAsync(Site(size));
            await OneByOneAsync(report, balancer, kernel, size);
            if (size == Sizes[^1])
                await TogetherAsync(report, balancer, size);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete("/dev/shm/ilb-bench", recursive: true);
        }

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
            var result = await balancer.ApplyAsync(SetWeight((i + Changes) * 7 % size, i));
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
                var result = await balancer.ApplyAsync(SetWeight((caller + (i * Callers)) % size, i));
                if (!result.Converged)
                    throw new InvalidOperationException("a step failed");
                versions.TryAdd(result.Version, true);
                Interlocked.Increment(ref changes);
            }
        })));
        double inProcessor = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / versions.Count;
        report.Rate($"{Callers} callers, one server each among {size:N0} rules x {Servers}", $"changes a second in {versions.Count / Crowd.TotalSeconds:0} saves of {inProcessor:0.0} ms of processor time", changes / Stopwatch.GetElapsedTime(started).TotalSeconds, 1_000);
    }

    // Never the weight that it had.
    private static SetServers SetWeight(int group, int round) =>
        new() { Servers = [new ServerId { ServerGroup = $"group{group}", Number = 1 }], Weight = 2 + ((round + (2 * Changes)) % 60_000) };

    private static Configuration Site(int size) => new()
    {
        ServerGroups = [.. Enumerable.Range(0, size).Select(static group => new ServerGroup
        {
            Name = $"group{group}",
            Servers = [.. Enumerable.Range(0, Servers).Select(server => new Server { Address = new IPAddress([(byte)(20 + server), 0, (byte)(group >> 8), (byte)group]), Ports = 8080 })],
        })],
        Rules = [.. Enumerable.Range(0, size).Select(static rule => new Rule
        {
            Name = $"rule{rule}",
            Vip = new IPAddress([10, 0, (byte)(rule >> 8), (byte)rule]),
            Ports = 80,
            Topology = Topology.HalfNat,
            ServerGroup = $"group{rule}",
        })],
    };
}
