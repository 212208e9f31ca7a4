using System.Diagnostics;
using System.Globalization;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Benchmarks;

/// <summary>A thousand verdicts a second among many rules: what each costs, how long it takes to the kernel, and whether the kernel is as the verdicts say in the end.</summary>
internal static class TransitionBenchmark
{
    private const int Rules = 5_000;
    private const int Rate = 1_000;
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    // Each server is checked again after half to one and a half interval: on the whole as often as it says.
    private static readonly HealthCheck Check = new() { Name = "flip", Test = new TcpTest(), DefaultPing = false, Count = 1, Timeout = TimeSpan.FromSeconds(1), Interval = TimeSpan.FromSeconds(Rules * Site.Servers / Rate) };

    /// <param name="report">Where the figures go.</param>
    /// <param name="inMemory">Whether an IPVS in memory stands for the kernel's.</param>
    public static Task RunAsync(Report report, bool inMemory) => inMemory
        ? MeasureAsync(report, new InMemoryIpvs(), null)
        : Space.RunAsync(options => MeasureAsync(report, new IpvsForwarder(new IpvsClient(options)), options));

    private static async Task<int> MeasureAsync(Report report, IForwarder ipvs, NetlinkOptions? options)
    {
        using var folder = new BenchmarkFolder();
        var servers = new FlippingServers(ipvs);
        await using var balancer = LoadBalancer.Create(folder.Options(options) with { KeepsKernel = true, AuditInterval = TimeSpan.FromHours(1) }, servers, new InMemorySurroundings(), probers: servers);
        var site = Site.Make(Rules);
        await balancer.ReplaceAllAsync(site with { HealthChecks = [Check], Rules = site.Rules.Select(static rule => rule with { Health = new RuleHealth { Check = Check.Name } }).ToValueList() });
        await Task.Delay(Warming, TimeProvider.System);
        servers.TakeLags();
        var (processor, count, started) = (Environment.CpuUsage.TotalTime, servers.Count, Stopwatch.GetTimestamp());
        await Task.Delay(Measured, TimeProvider.System);
        var (spent, made, elapsed, lags) = (Environment.CpuUsage.TotalTime - processor, servers.Count - count, Stopwatch.GetElapsedTime(started), servers.TakeLags());
        servers.IsStill = true;
        await Task.Delay(Settling, TimeProvider.System);
        await balancer.RespondAsync();
        await CheckAsync(balancer, servers);
        string work = string.Create(CultureInfo.InvariantCulture, $"{made / elapsed.TotalSeconds:0} verdicts a second among {Rules:N0} rules x {Site.Servers}");
        report.Note(work, string.Create(CultureInfo.InvariantCulture, $"{spent.TotalMicroseconds / made:0} us of processor time each, checks and kernel with it: {spent.TotalMilliseconds / elapsed.TotalMilliseconds:P0} of a core"));
        report.Percentiles(work, string.Create(CultureInfo.InvariantCulture, $"from the answer to the kernel, the longest {lags.Max().TotalMilliseconds:0} ms"), lags, 100);
        return Rules;
    }

    private static async Task CheckAsync(LoadBalancer balancer, FlippingServers servers)
    {
        var state = await balancer.GetStateAsync();
        var configuration = (await balancer.GetConfigurationAsync()).Configuration;
        foreach (var (rule, group) in state.Rules.Zip(configuration.ServerGroups))
        {
            foreach (var (server, configured) in rule.Servers.Zip(group.Servers))
            {
                if (server.EffectiveWeight != (servers.IsAlive(configured.Address!) ? 1 : 0))
                    throw new InvalidOperationException($"server {server.Server} of {rule.Rule} has weight {server.EffectiveWeight} in the end");
            }
        }
    }
}
