using System.Globalization;
using System.Net;

namespace Ilb.Benchmarks;

/// <summary>What a command costs: showing ten rules and changing a weight, beside ipvsadm showing and changing the same.</summary>
internal static class CommandBenchmark
{
    private const int Rules = 10;
    private const int Rounds = 5;

    // A shell starts so many of them: its own cost is shared out, and small beside theirs.
    private const int Starts = 40;
    private const string Show = "show 10 rules, 40 times";
    private const string Change = "change a weight among 10 rules, 40 times";

    public static async Task RunAsync(Report report, string ilbadm)
    {
        var folder = Directory.CreateTempSubdirectory("ilb-bench");
        string path = Path.Combine(folder.FullName, "ilb.json");
        await File.WriteAllBytesAsync(path, IlbJson.Serialize(Configuration()));
        try
        {
            List<TimeSpan> shows = [], peerShows = [], changes = [], peerChanges = [];
            await Space.RunAsync(async options =>
            {
                string ours = $"'{ilbadm}' --config '{path}'";
                await Space.InsideAsync(options, $"{ours} enable-rule");
                for (int round = -1; round < Rounds; round++)
                {
                    TimeSpan[] times =
                    [
                        await TimeAsync($"{ours} show-rule"),
                        await TimeAsync("ipvsadm -Ln"),
                        await TimeAsync($"{ours} set-server -s weight=$((i % 2 + 1)) _g3.1"),
                        await TimeAsync("ipvsadm -e -t 192.0.2.4:80 -r 10.0.3.2:80 -m -w $((i % 2 + 1))"),
                    ];
                    if (round < 0)
                        continue;
                    shows.Add(times[0]);
                    peerShows.Add(times[1]);
                    changes.Add(times[2]);
                    peerChanges.Add(times[3]);
                }

                return 0;

                Task<TimeSpan> TimeAsync(string command) => Space.TimeAsync(() => Space.InsideAsync(options,
                    string.Create(CultureInfo.InvariantCulture, $"i=0; while [ $i -lt {Starts} ]; do {command} >/dev/null || exit 1; i=$((i + 1)); done")));
            });
            report.Add(Show, "ilbadm show-rule", shows);
            report.Add(Show, "ipvsadm -Ln", peerShows);
            report.Add(Change, "ilbadm set-server", changes);
            report.Add(Change, "ipvsadm -e", peerChanges);
            report.Ratio(Show, "ilbadm show-rule", "ipvsadm -Ln", 1.5, faster: false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Configuration Configuration() => new()
    {
        ServerGroups = [.. Enumerable.Range(0, Rules).Select(static number => new ServerGroup
        {
            Name = $"g{number}",
            Servers = [.. Enumerable.Range(1, 4).Select(server => new Server { Address = new IPAddress([10, 0, (byte)number, (byte)server]) })],
        }.WithNumbers())],
        Rules = [.. Enumerable.Range(0, Rules).Select(static number => new Rule
        {
            Name = $"r{number}",
            Vip = new IPAddress([192, 0, 2, (byte)(number + 1)]),
            Ports = 80,
            Topology = Topology.HalfNat,
            ServerGroup = $"g{number}",
        })],
    };
}
