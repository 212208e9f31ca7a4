using System.Text;

namespace Ilb.Benchmarks;

/// <summary>5,000 rules with 4 servers each from a text into the kernel: ilbadm import-config and ipvsadm -R, both from start to end.</summary>
internal static class ImportBenchmark
{
    private const int Rules = 5_000;
    private const int Servers = 4;
    private const int Rounds = 3;
    private const string Import = "import 5,000 rules x 4";

    public static async Task RunAsync(Report report, string ilbadm)
    {
        var folder = Directory.CreateTempSubdirectory("ilb-bench");
        string path = Path.Combine(folder.FullName, "ilb.json"), ours = Path.Combine(folder.FullName, "ours"), theirs = Path.Combine(folder.FullName, "theirs");
        await File.WriteAllTextAsync(ours, Ours());
        await File.WriteAllTextAsync(theirs, Theirs());
        try
        {
            List<TimeSpan> imports = [], restores = [];
            for (int round = 0; round < Rounds; round++)
            {
                imports.Add(await Space.RunAsync(options => Space.TimeAsync(() => Space.InsideAsync(options, $"exec '{ilbadm}' --config '{path}' import-config '{ours}'"))));
                File.Delete(path);
                restores.Add(await Space.RunAsync(options => Space.TimeAsync(() => Space.InsideAsync(options, $"exec ipvsadm -R <'{theirs}'"))));
            }

            report.Add(Import, "ilbadm", imports);
            report.Add(Import, "ipvsadm -R", restores);
            report.Ratio(Import, "ilbadm", "ipvsadm -R", 15, faster: true);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Ours()
    {
        var text = new StringBuilder();
        for (int rule = 0; rule < Rules; rule++)
        {
            text.Append($"create-servergroup g{rule}\n");
            for (int server = 0; server < Servers; server++)
                text.Append($"add-server -s server={Space.Address(20 + server, rule)}:8080,id={server} g{rule}\n");
            text.Append($"create-rule -e -i vip={Space.Address(10, rule)},port=80,protocol=TCP -m lbalg=roundrobin,type=HALF-NAT -o servergroup=g{rule} r{rule}\n");
        }

        return text.ToString();
    }

    private static string Theirs()
    {
        var text = new StringBuilder();
        for (int rule = 0; rule < Rules; rule++)
        {
            text.Append($"-A -t {Space.Address(10, rule)}:80 -s wrr\n");
            for (int server = 0; server < Servers; server++)
                text.Append($"-a -t {Space.Address(10, rule)}:80 -r {Space.Address(20 + server, rule)}:8080 -m -w 1\n");
        }

        return text.ToString();
    }
}
