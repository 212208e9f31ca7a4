using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ilb.Benchmarks;

/// <summary>10,000 TCP checks a second, scheduler and all, beside a C program that does nothing else.</summary>
internal static class ProbeBenchmark
{
    private const int Servers = 10_000;
    private const int Rounds = 5;
    private const string Work = "CPU of 10,000 TCP checks";
    private const string Ours = "Ilb.Sdk";
    private const string Peer = "C with epoll";

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(Report report, string program)
    {
        using var listener = Start(program, "listen");
        int port = int.Parse((await listener.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        try
        {
            long dead = 0;
            using var network = new ProbeNetwork();
            var counted = new Counted(new SocketProber(network));
            using var scheduler = new HealthScheduler(counted, TimeProvider.System, new Random(1), transition => dead += transition.To == ServerHealth.Dead ? 1 : 0, NullLogger.Instance, new HealthLimits { StartsPerSecond = Servers });
            List<TimeSpan> ours = [], c = [];
            List<double> shares = [], allocations = [];
            double ourMemory = 0, peerMemory = 0;
            for (int round = -1; round < Rounds; round++)
            {
                scheduler.Watch([.. Enumerable.Range(0, Servers).Select(number => Server(number, port))]);
                // Until the first of all checks are behind us.
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
                long began = Stopwatch.GetTimestamp(), checks = counted.Count, allocated = GC.GetTotalAllocatedBytes(), failed = dead;
                var cpu = Environment.CpuUsage.TotalTime;
                await Task.Delay(Length, TimeProvider.System);
                cpu = Environment.CpuUsage.TotalTime - cpu;
                var elapsed = Stopwatch.GetElapsedTime(began);
                (checks, allocated, failed) = (counted.Count - checks, GC.GetTotalAllocatedBytes() - allocated, dead - failed);
                ourMemory = Environment.WorkingSet / 1024;
                scheduler.Watch([]);
                using var peer = Start(program, port.ToString(CultureInfo.InvariantCulture), Servers.ToString(CultureInfo.InvariantCulture), ((int)Length.TotalSeconds).ToString(CultureInfo.InvariantCulture));
                double[] told = [.. (await peer.StandardOutput.ReadToEndAsync()).Split(' ').Select(static number => double.Parse(number, CultureInfo.InvariantCulture))];
                if (round < 0)
                    continue;
                if (failed > Servers / 100)
                    throw new InvalidOperationException($"{failed} servers were found dead");
                ours.Add(cpu * Servers / checks);
                c.Add(TimeSpan.FromMicroseconds(told[1]) * Servers / told[0]);
                shares.Add(100 * cpu / elapsed * Servers * elapsed.TotalSeconds / checks);
                allocations.Add((double)allocated / checks);
                peerMemory = told[2];
            }

            report.Add(Work, Ours, ours);
            report.Add(Work, Peer, c);
            report.Ratio(Work, Ours, Peer, 1.2, faster: false);
            report.Most("10,000 TCP checks a second", "% of a core", Report.Median(shares), 40);
            report.Most("allocated for a check", "bytes", Report.Median(allocations), 8);
            report.Note("resident with 10,000 servers", string.Create(CultureInfo.InvariantCulture, $"{ourMemory / 1024:0.0} MB, {ourMemory / peerMemory:0.0} times {Peer}"));
        }
        finally
        {
            listener.StandardInput.Close();
            await listener.WaitForExitAsync();
        }
    }

    private static WatchedServer Server(int number, int port) => new()
    {
        Key = new HealthKey("bench", new ServerId { ServerGroup = "g", Number = (uint)number }),
        Check = new HealthCheck { Name = "tcp", Test = new TcpTest(), DefaultPing = false, Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromMilliseconds(300) },
        Target = new ProbeTarget { Server = new IPAddress([127, 1, (byte)(number >> 8), (byte)number]), Ports = port },
    };

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.GetFullPath(program), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <summary>Counts what goes through.</summary>
    private sealed class Counted(IProber prober) : IProberSet, IProber
    {
        public long Count { get; private set; }

        public IProber For(HealthTest test) => this;

        public void Start(Probe probe, IProbeSink sink)
        {
            Count++;
            prober.Start(probe, sink);
        }

        public void Flush() => prober.Flush();
    }
}
