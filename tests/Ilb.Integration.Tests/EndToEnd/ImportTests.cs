using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>Moving over from ipvsadm: what it saved is imported, and what it then saves is the same.</summary>
public sealed class ImportTests : KernelTest
{
    private static readonly string[] Schedulers = ["wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos"];

    /// <summary>A service of every kind, each with servers.</summary>
    private static IEnumerable<string> Services()
    {
        var port = 1000;
        foreach (var scheduler in Schedulers)
        {
            yield return $"-A -t 10.0.0.100:{++port} -s {scheduler}\n-a -t 10.0.0.100:{port} -r 10.1.1.2:{port} -m -w 3\n-a -t 10.0.0.100:{port} -r 10.1.2.2:8080 -m -w 0";
            yield return $"-A -u [fd00::100]:{++port} -s {scheduler}\n-a -u [fd00::100]:{port} -r [fd00:1:1::2]:{port} -g -w 65535";
        }

        foreach (var options in (string[])["-s sh -b sh-fallback", "-s sh -b sh-port", "-s mh -b mh-fallback,mh-port", "-s wlc -p 360", "-s wlc -p 60 -M 255.255.255.0", "-s wrr -p 10 -M 0.0.0.0"])
            yield return $"-A --sctp-service 10.0.0.101:{++port} {options}\n-a --sctp-service 10.0.0.101:{port} -r 10.1.1.2:{port} -m -w 1";
        foreach (var options in (string[])["-s wlc -o", "-s wlc -p 60 --pe sip", "-s mh -p 60 --pe sip -o -b mh-port"])
            yield return $"-A -u 10.0.0.101:{++port} {options}\n-a -u 10.0.0.101:{port} -r 10.1.1.2:{port} -m -w 1";
        foreach (var tunnel in (string[])["ipip", "gre --tun-nocsum", "gre --tun-csum", "gue --tun-port 6080 --tun-nocsum", "gue --tun-port 6080 --tun-csum", "gue --tun-port 6080 --tun-remcsum"])
            yield return $"-A -t 10.0.0.101:{++port} -s wlc\n-a -t 10.0.0.101:{port} -r 10.1.1.2:{port} -i -w 1 --tun-type {tunnel}\n-a -t 10.0.0.101:{port} -r 10.1.2.2:{port} -i -w 2 --tun-type {tunnel}";
        yield return "-A -t [fd00::101]:443 -s wlc -p 300 -M 64\n-a -t [fd00::101]:443 -r [fd00:1:1::2]:443 -m -w 1";
        yield return "-A -t 10.0.0.102:0 -s wlc -p 300\n-a -t 10.0.0.102:0 -r 10.1.1.2:0 -g -w 1";
        yield return "-A -f 7 -s wlc\n-a -f 7 -r 10.1.1.2:0 -m -w 1\n-a -f 7 -r 10.1.2.2:8080 -m -w 1";
        yield return "-A -f 7 -6 -s sh -p 300 -M 64\n-a -f 7 -6 -r [fd00:1:1::2]:0 -g -w 1";
    }

    [Fact]
    public async Task Every_kind_of_service_is_the_same_after_the_move()
    {
        using var ilbadm = new Ilbadm(Space);
        await RestoreAsync(Services());
        var saved = await SavedAsync();
        await Space.IpvsadmAsync("-C");

        await ImportAsync(ilbadm, saved, "import-config");

        Assert.Equal(Sorted(saved), Sorted(await SavedAsync()));
        // Once more as subcommands, by which nothing changes.
        var text = await ilbadm.RunAsync("export-config");
        await ilbadm.RunAsync("delete-rule -a");
        Assert.Empty(await SavedAsync());
        await ImportAsync(ilbadm, text, "import-config");
        Assert.Equal(Sorted(saved), Sorted(await SavedAsync()));
        Assert.Equal(text, await ilbadm.RunAsync("export-config"));
    }

    [Fact]
    public async Task Services_in_the_kernel_are_taken_over_in_place()
    {
        using var ilbadm = new Ilbadm(Space);
        await RestoreAsync(Services());
        var saved = await SavedAsync();
        Assert.Contains("--adopt", (await TryImportAsync(ilbadm, saved, "import-config")).Error, StringComparison.Ordinal);

        await ImportAsync(ilbadm, saved, "import-config --adopt");

        Assert.Equal(saved, await SavedAsync());
        await ilbadm.RunAsync("delete-rule -a");
        Assert.Empty(await SavedAsync());
    }

    [Fact]
    public async Task The_weights_that_rr_ignores_become_1()
    {
        using var ilbadm = new Ilbadm(Space);
        await RestoreAsync(["-A -t 10.0.0.100:80 -s rr\n-a -t 10.0.0.100:80 -r 10.1.1.2:80 -m -w 5\n-a -t 10.0.0.100:80 -r 10.1.2.2:80 -m -w 0"]);
        var result = await TryImportAsync(ilbadm, await SavedAsync(), "import-config --adopt");
        Assert.Equal((0, true), (result.ExitCode, result.Error.Contains("line 1: ipvsadm's rr ignores weights", StringComparison.Ordinal)));
        Assert.Equal("-A -t 10.0.0.100:80 -s wrr\n-a -t 10.0.0.100:80 -r 10.1.1.2:80 -m -w 1\n-a -t 10.0.0.100:80 -r 10.1.2.2:80 -m -w 0\n", await SavedAsync());
    }

    private static async Task ImportAsync(Ilbadm ilbadm, string text, string line)
    {
        var result = await TryImportAsync(ilbadm, text, line);
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    private static async Task<CommandResult> TryImportAsync(Ilbadm ilbadm, string text, string line)
    {
        var path = ilbadm.ConfigurationPath + ".import";
        await File.WriteAllTextAsync(path, text, Cancellation);
        return await ilbadm.TryRunAsync($"{line} {path}");
    }

    private static IEnumerable<string> Sorted(string saved) => saved.Split('\n').Order(StringComparer.Ordinal);

    private Task<string> RestoreAsync(IEnumerable<string> services) => Space.IpvsadmAsync("-R", string.Join('\n', services) + "\n");

    private Task<string> SavedAsync() => Space.IpvsadmAsync("-Sn");
}
