using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb.Benchmarks;

/// <summary>
/// 1,000 servers, each checked by TCP once a second: what a check costs ilbd and keepalived, whole programs with all their processes, and how long a server that refuses is still given connections.
/// Both are measured in the same way from outside: processor time by /proc, checks by the connections that their network namespace has opened, servers by what IPVS holds.
/// </summary>
internal static class KeepalivedBenchmark
{
    private const int Rules = 50;
    private const int Servers = 20;
    private const int Rounds = 3;
    private const string Work = "CPU of 1,000 TCP checks, whole program";
    private const string Detection = "from a server's end to IPVS";
    private const string Ours = "ilbd";
    private const string Peer = "keepalived";

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(Report report, string ilbd, string listener)
    {
        List<Measurement> ours = [], theirs = [];
        // In turn, since what slows the machine down for a while is to slow down both; never at once, since there may be one processor.
        for (int round = 0; round < Rounds; round++)
        {
            ours.Add(await Space.RunAsync(options => MeasureAsync(options, listener, (folder, ports) => StartOursAsync(ilbd, options, folder, ports))));
            theirs.Add(await Space.RunAsync(options => MeasureAsync(options, listener, (folder, ports) => StartTheirsAsync(options, folder, ports))));
        }

        report.Add(Work, Ours, ours.Select(static one => one.Processor * 1_000 / one.Checks));
        report.Add(Work, Peer, theirs.Select(static one => one.Processor * 1_000 / one.Checks));
        report.Ratio(Work, Ours, Peer, 1, faster: false);
        report.Add(Detection, Ours, ours.SelectMany(static one => one.Detections));
        report.Add(Detection, Peer, theirs.SelectMany(static one => one.Detections));
        foreach (var (who, all) in ((string, List<Measurement>)[])[(Ours, ours), (Peer, theirs)])
        {
            report.Note($"{who} with {Rules * Servers:N0} servers", string.Create(CultureInfo.InvariantCulture,
                $"{Median(all, static one => one.Rate):0} checks a second at {Median(all, static one => one.Processor.TotalMicroseconds / one.Checks):0} us each, {Median(all, static one => one.Resident) / 1048576:0.0} MB resident in {all[0].Processes} process(es)"));
        }

        report.Note("resident", string.Create(CultureInfo.InvariantCulture, $"{Median(ours, static one => one.Resident) / Median(theirs, static one => one.Resident):0.0} times {Peer}"));
        report.Note(Detection, string.Create(CultureInfo.InvariantCulture, $"{Report.Median(ours.SelectMany(Milliseconds)) / Report.Median(theirs.SelectMany(Milliseconds)):0.00} times {Peer} (medians)"));
    }

    private static async Task<Measurement> MeasureAsync(NetlinkOptions options, string listener, Func<BenchmarkFolder, (int Most, int Last), Task<Process>> start)
    {
        // All of 10/8 is this namespace's own, so that each server has an address and few listeners stand for all.
        await Space.InsideAsync(options, "ip route add local 10.0.0.0/8 dev lo");
        using var folder = new BenchmarkFolder();
        using var most = StartListener(options, listener);
        using var last = StartListener(options, listener);
        try
        {
            var ports = (await PortOfAsync(most), await PortOfAsync(last));
            using var checker = new Checker(await start(folder, ports));
            using var client = new IpvsClient(options);
            var victims = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, Vip(Rules - 1), 80);
            await UntilAsync(async () => (await InServiceAsync(client, victims)).Count == Servers, "all servers are in service");
            await Task.Delay(Settling, TimeProvider.System);
            var (connections, processor, began) = (await ConnectionsAsync(options), checker.ProcessorTime, Stopwatch.GetTimestamp());
            await Task.Delay(Measured, TimeProvider.System);
            (connections, processor) = (await ConnectionsAsync(options) - connections, checker.ProcessorTime - processor);
            var elapsed = Stopwatch.GetElapsedTime(began);
            var (resident, processes) = (checker.Resident, checker.Processes);
            if ((await InServiceAsync(client, victims)).Count != Servers)
                throw new InvalidOperationException("a server that answers was found dead");
            return new Measurement(processor, connections, connections / elapsed.TotalSeconds, resident, processes, await DetectAsync(client, victims, last));
        }
        finally
        {
            End(most);
            End(last);
        }
    }

    // The listener of all servers of one service ends at once: each server's time counts from there.
    private static async Task<List<TimeSpan>> DetectAsync(IpvsClient client, IpvsServiceKey victims, Process listener)
    {
        var detections = new List<TimeSpan>();
        End(listener);
        long killed = Stopwatch.GetTimestamp();
        await UntilAsync(async () =>
        {
            int gone = Servers - (await InServiceAsync(client, victims)).Count;
            var time = Stopwatch.GetElapsedTime(killed);
            while (detections.Count < gone)
                detections.Add(time);
            return gone == Servers;
        }, "all servers are found dead");
        return detections;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Longest)
                throw new InvalidOperationException($"{what}: not within {Longest.TotalSeconds} s");
            await Task.Delay(Poll, TimeProvider.System);
        }
    }

    private static async Task<List<IpvsDestinationState>> InServiceAsync(IpvsClient client, IpvsServiceKey service) =>
        [.. (await client.GetDestinationsAsync(service)).Where(static server => server.Destination.Weight > 0)];

    // Nothing but checks opens connections there.
    private static async Task<long> ConnectionsAsync(NetlinkOptions options)
    {
        string[][] lines = [.. (await Space.InsideAsync(options, "cat /proc/net/snmp")).Split('\n').Where(static line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(static line => line.Split(' '))];
        return long.Parse(lines[1][Array.IndexOf(lines[0], "ActiveOpens")], CultureInfo.InvariantCulture);
    }

    private static async Task<Process> StartOursAsync(string ilbd, NetlinkOptions options, BenchmarkFolder folder, (int Most, int Last) ports)
    {
        var check = new HealthCheck { Name = "tcp", Test = new TcpTest(), DefaultPing = false, Count = 1, Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromMilliseconds(900) };
        var configuration = new Configuration
        {
            HealthChecks = [check],
            ServerGroups = [.. Enumerable.Range(0, Rules).Select(rule => new ServerGroup
            {
                Name = $"group{rule}",
                Servers = [.. Enumerable.Range(0, Servers).Select(server => new Server { Address = Real(rule, server), Ports = PortOf(rule, ports) })],
            })],
            Rules = [.. Enumerable.Range(0, Rules).Select(rule => new Rule
            {
                Name = $"rule{rule}",
                Vip = Vip(rule),
                Ports = 80,
                Topology = Topology.HalfNat,
                ServerGroup = $"group{rule}",
                Health = new RuleHealth { Check = check.Name },
            })],
        };
        await File.WriteAllBytesAsync(folder.ConfigurationPath, IlbJson.Serialize(configuration));
        await using var client = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = BenchmarkFolder.SocketPath });
        return await DaemonBenchmark.StartAsync(ilbd, options, folder, client);
    }

    private static async Task<Process> StartTheirsAsync(NetlinkOptions options, BenchmarkFolder folder, (int Most, int Last) ports)
    {
        var text = new StringBuilder();
        for (int rule = 0; rule < Rules; rule++)
        {
            text.Append(CultureInfo.InvariantCulture, $"virtual_server {Vip(rule)} 80 {{\n delay_loop 1\n lvs_sched wrr\n lvs_method NAT\n protocol TCP\n");
            for (int server = 0; server < Servers; server++)
            {
                text.Append(CultureInfo.InvariantCulture, $" real_server {Real(rule, server)} {PortOf(rule, ports)} {{\n  weight 1\n  inhibit_on_failure\n")
                    .Append("  TCP_CHECK {\n   connect_timeout 1\n   retry 0\n   delay_before_retry 0\n  }\n }\n");
            }

            text.Append("}\n");
        }

        string path = folder.PathOf("keepalived.conf");
        await File.WriteAllTextAsync(path, text.ToString());
        // In the foreground; health checks only, no VRRP.
        var start = new ProcessStartInfo("nsenter", [$"--net={options.NetworkNamespace}", "keepalived", "-n", "-C", "-f", path, "-p", folder.PathOf("keepalived.pid"), "-c", folder.PathOf("checkers.pid")]);
        return Process.Start(start) ?? throw new InvalidOperationException(Peer);
    }

    private static Process StartListener(NetlinkOptions options, string listener) =>
        Process.Start(new ProcessStartInfo("nsenter", [$"--net={options.NetworkNamespace}", Path.GetFullPath(listener), "listen"]) { RedirectStandardInput = true, RedirectStandardOutput = true })
        ?? throw new InvalidOperationException(listener);

    private static async Task<int> PortOfAsync(Process listener) => int.Parse((await listener.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);

    private static void End(Process listener)
    {
        listener.StandardInput.Close();
        listener.WaitForExit();
    }

    private static IPAddress Vip(int rule) => Space.Address(10, 60_000 + rule);

    private static IPAddress Real(int rule, int server) => Space.Address(10, (rule << 8) + server + 1);

    private static int PortOf(int rule, (int Most, int Last) ports) => rule == Rules - 1 ? ports.Last : ports.Most;

    private static IEnumerable<double> Milliseconds(Measurement one) => one.Detections.Select(static time => time.TotalMilliseconds);

    private static double Median(List<Measurement> all, Func<Measurement, double> what) => Report.Median(all.Select(what));

    private sealed record Measurement(TimeSpan Processor, long Checks, double Rate, double Resident, int Processes, List<TimeSpan> Detections);
}
