using System.Globalization;
using System.Text;
using Ilb.Netlink;
using Ilb.Netlink.Generic;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Transport;

namespace Ilb.Benchmarks;

/// <summary>5,000 services with 4 destinations each into the kernel and out again: ours, a C program that sends the same bytes, ipvsadm.</summary>
internal static class ForwarderBenchmark
{
    private const int Services = 5_000;
    private const int Destinations = 4;
    private const int Rounds = 5;
    private const int SlowRounds = 2;
    private const string Put = "put 5,000 services x 4 into the kernel";
    private const string Get = "read them back with statistics";

    public static async Task RunAsync(Report report, string replay)
    {
        var operations = Operations();
        string record = Path.GetTempFileName(), rules = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(rules, Rules());
            List<TimeSpan> ours = [], c = [], slow = [], reads = [], slowReads = [];
            await Space.RunAsync(options => RecordAsync(options, operations, record));
            // In turn, so that a machine that slows down slows all. The first round warms up.
            for (int round = -1; round < Rounds; round++)
            {
                var put = await Space.RunAsync(options => PutAsync(options, operations, round == 0 ? reads : null, round == 0 ? slowReads : null));
                var same = await Space.RunAsync(options => ReplayAsync(options, replay, record));
                if (round < 0)
                    continue;
                ours.Add(put);
                c.Add(same);
                if (round < SlowRounds)
                    slow.Add(await Space.RunAsync(options => Space.TimeAsync(() => Space.InsideAsync(options, $"exec ipvsadm -R <'{rules}'"))));
            }

            report.Add(Put, "Ilb.Netlink", ours);
            report.Add(Put, "C, the same bytes", c);
            report.Add(Put, "ipvsadm -R", slow);
            report.Add(Get, "Ilb.Netlink", reads);
            report.Add(Get, "ipvsadm -Ln --stats", slowReads);
            report.Ratio(Put, "Ilb.Netlink", "C, the same bytes", 1.2, faster: false);
            report.Ratio(Put, "Ilb.Netlink", "ipvsadm -R", 15, faster: true);
            report.Ratio(Get, "Ilb.Netlink", "ipvsadm -Ln --stats", 5, faster: true);
        }
        finally
        {
            File.Delete(record);
            File.Delete(rules);
        }
    }

    private static async Task<TimeSpan> PutAsync(NetlinkOptions options, List<IpvsOperation> operations, List<TimeSpan>? reads, List<TimeSpan>? slowReads)
    {
        using var ipvs = new IpvsClient(options);
        var time = await Space.TimeAsync(async () => Expect(0, (await ipvs.ApplyAsync(operations)).Count));
        for (int round = -1; reads is not null && round < Rounds; round++)
        {
            var read = await Space.TimeAsync(async () => Expect(Services * Destinations, (await ipvs.GetPoolsAsync()).Sum(pool => pool.Destinations.Count)));
            var slow = await Space.TimeAsync(() => Space.InsideAsync(options, "exec ipvsadm -Ln --stats >/dev/null"));
            if (round < 0)
                continue;
            reads.Add(read);
            slowReads!.Add(slow);
        }

        return time;
    }

    private static async Task<TimeSpan> ReplayAsync(NetlinkOptions options, string replay, string record)
    {
        string output = await Space.InsideAsync(options, $"exec '{replay}' '{record}'");
        using var ipvs = new IpvsClient(options);
        Expect(Services, (await ipvs.GetServicesAsync()).Count);
        return TimeSpan.FromMicroseconds(long.Parse(output, CultureInfo.InvariantCulture));
    }

    private static async Task<int> RecordAsync(NetlinkOptions options, List<IpvsOperation> operations, string path)
    {
        await using var file = File.Create(path);
        await using var record = new BinaryWriter(file);
        using var space = NetworkNamespace.Enter(options.NetworkNamespace!);
        using var ipvs = new IpvsClient(new NetlinkChannel(options,
            () => new NetlinkConnection(new RecordingSocket(space.Run(() => NetlinkSocket.Open(GenericFamily.Protocol)), record), options, GenericFamily.ReceiveBufferLength)));
        Expect(0, (await ipvs.ApplyAsync(operations)).Count);
        return operations.Count;
    }

    private static List<IpvsOperation> Operations()
    {
        var operations = new List<IpvsOperation>(Services * (1 + Destinations));
        for (int s = 0; s < Services; s++)
        {
            var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, Space.Address(10, s), 80);
            operations.Add(new IpvsOperation.AddService { Service = new IpvsService { Key = key, Scheduler = "wrr" } });
            for (int d = 0; d < Destinations; d++)
                operations.Add(new IpvsOperation.AddDestination { Service = key, Destination = new IpvsDestination { Address = Space.Address(20 + d, s), Port = 8080 } });
        }

        return operations;
    }

    // What ipvsadm -R reads.
    private static string Rules()
    {
        var text = new StringBuilder();
        for (int s = 0; s < Services; s++)
        {
            text.Append("-A -t ").Append(Space.Address(10, s)).Append(":80 -s wrr\n");
            for (int d = 0; d < Destinations; d++)
                text.Append("-a -t ").Append(Space.Address(10, s)).Append(":80 -r ").Append(Space.Address(20 + d, s)).Append(":8080 -m -w 1\n");
        }

        return text.ToString();
    }

    private static void Expect(int wanted, int got)
    {
        if (wanted != got)
            throw new InvalidOperationException($"wanted {wanted}, got {got}");
    }
}
