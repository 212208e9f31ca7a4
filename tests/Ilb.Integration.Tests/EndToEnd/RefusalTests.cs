using System.Text;
using System.Text.RegularExpressions;
using Ilb.Integration.Tests.Harness;
using Ilb.Integration.Tests.Oracle;
using Ilb.Testing;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>What is refused: the message, exit status 1, and that neither the kernel nor the folder of the configuration has changed by a byte.</summary>
public sealed partial class RefusalTests : KernelTest
{
    private const string Nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";

    [Fact]
    public async Task Wrong_input_and_what_the_kernel_cannot_do()
    {
        using var ilbadm = new InProcessIlbadm(Space);
        await Space.IpvsadmAsync(RefusedLines.Foreign);
        foreach (var line in RefusedLines.Site.Concat(RefusedLines.Groups))
            Assert.Equal("", await ilbadm.RunAsync(line));
        var saved = await Space.IpvsadmAsync("-Sn");
        var before = await StateAsync(ilbadm);
        foreach (var (line, message) in RefusedLines.All)
        {
            var result = await ilbadm.TryRunAsync(line);
            Assert.StartsWith($"ilbadm: {message}", result.Error, StringComparison.Ordinal);
            Assert.Equal((1, "", before), (result.ExitCode, result.Output, await StateAsync(ilbadm)));
        }

        Assert.Equal(saved, await Space.IpvsadmAsync("-Sn"));
    }

    /// <summary>The native program says the same. ILB_FULL=1: to all of them, else to each twelfth.</summary>
    [Fact]
    public Task Wrong_input_of_the_native_command()
    {
        var groups = string.Join("; ", RefusedLines.Groups.Select(static line => $"ilbadm {line}"));
        return RefusesAsync([.. RefusedLines.All
            .Where(static (_, i) => FullRun.IsOn || i % 12 == 4)
            .Select((refused, i) => (i == 0 ? groups : "", $"ilbadm {refused.Line}", refused.Message))]);
    }

    [Fact]
    public Task A_file_that_cannot_be_taken() => RefusesAsync(
    [
        ("echo '{ x' >ilb.json", "ilbadm disable-rule web", "DIR/ilb.json:1: 'x' is an invalid start of a property name"),
        (": >ilb.json", "ilbadm disable-rule web", "DIR/ilb.json:1: the file is empty"),
        ("""head -c 100 "$SCRATCH/file" >ilb.json""", "ilbadm disable-rule web", "DIR/ilb.json:"),
        ("""sed 's/"format": 1/"format": 2/' "$SCRATCH/file" >ilb.json""", "ilbadm disable-rule web", "DIR/ilb.json: it has format 2, this version knows only 1: use a newer version"),
        ("""sed 's/"serverGroup": "web"/"serverGroup": "wep"/' "$SCRATCH/file" >ilb.json""", "ilbadm disable-rule web", "DIR/ilb.json:"),
        ("""sed 's/"10.0.0.1"/"127.0.0.1"/' "$SCRATCH/file" >ilb.json""", "ilbadm enable-rule web", "DIR/ilb.json:9: server: 127.0.0.1 is a loopback address, which no client reaches"),
        ("""sed 's/"roundrobin"/"rr"/' "$SCRATCH/file" >ilb.json""", "ilbadm enable-rule web", "DIR/ilb.json:"),
        ("rm ilb.json", "ilbadm enable-rule web", "DIR/ilb.json is gone, but instance 'ilb' still forwards what it asked for: bring it back"),
        ("rm ilb.json", "ilbadm show-rule", "DIR/ilb.json is gone, but instance 'ilb' still forwards what it asked for: bring it back"),
        ("", "ilbadm show-rule --config ibl.json", "instance 'ilb' forwards what DIR/ilb.json asks for, not DIR/ibl.json: use that one"),
        ("mkdir ilb.json", "ilbadm enable-rule web", "cannot read DIR/ilb.json: it is a folder"),
        ("rmdir ilb.json; mkfifo ilb.json", "ilbadm enable-rule web", "cannot read DIR/ilb.json: "),
        ("""rm ilb.json; cp "$SCRATCH/file" other.json; cp "$SCRATCH/file" ilb.json""", "ilbadm enable-rule web --config other.json", "instance 'ilb' forwards what DIR/ilb.json asks for, not DIR/other.json"),
    ]);

    [Fact]
    public Task No_privilege() => RefusesAsync(
    [
        ("chmod 755 .", $"{Nobody} ilbadm disable-rule web", "cannot open /run/ilb/ilb-N.lock: permission denied; changes need root"),
        ("chmod 600 ilb.json", $"{Nobody} ilbadm show-rule", "cannot read DIR/ilb.json: permission denied"),
        ("", "setpriv --bounding-set=-net_admin --inh-caps=-net_admin ilbadm disable-rule web", "no permission to use the kernel's IPVS: run as root, or with the capability CAP_NET_ADMIN"),
    ]);

    [Fact]
    public Task A_disk_that_takes_nothing() => RefusesAsync(
        [
            ("dd if=/dev/zero of=fill bs=1k 2>/dev/null", "ilbadm create-sg -s server=10.1.0.1-10.1.0.200 x", "cannot save DIR/ilb.json: No space left on device"),
            ("", "ilbadm export-config saved", "cannot write 'saved': No space left on device"),
            ("rm fill; mount -o remount,ro .", "ilbadm disable-rule web", "cannot save DIR/ilb.json: Read-only file system"),
            ("mount -o remount,rw .; mount -t tmpfs -o ro none /run/ilb", "ilbadm disable-rule web", "cannot open /run/ilb/ilb-N.lock: Read-only file system"),
        ],
        "mount -t tmpfs -o size=32k none .; cd .");

    [Fact]
    public async Task An_edit_by_hand_is_taken_by_the_next_command()
    {
        using var ilbadm = new Ilbadm(Space);
        await ilbadm.RunAsync("create-servergroup -s server=10.0.0.1:8080 web");
        await ilbadm.RunAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -o servergroup=web web");
        await ilbadm.ScriptAsync("""sed -i 's/"weight": 1/"weight": 7/; s/"ports": 80,/"ports": 81,/' "$ILB_CONFIG" """);
        await ilbadm.RunAsync("enable-rule web");
        Assert.Equal("-A -t 192.0.2.1:81 -s wrr\n-a -t 192.0.2.1:81 -r 10.0.0.1:8080 -m -w 7\n", (await Space.IpvsadmAsync("-Sn")).Replace(" \n", "\n", StringComparison.Ordinal));
    }

    // Each case: what the shell prepares, the command, and what its first line of errors begins with.
    private async Task RefusesAsync((string Prepare, string Run, string Message)[] cases, string folder = "")
    {
        using var ilbadm = new Ilbadm(Space);
        var script = new StringBuilder($$"""
            {{folder}}
            SCRATCH=$(mktemp -d)
            ipvsadm {{RefusedLines.Foreign}}
            {{string.Join('\n', RefusedLines.Site.Select(static line => $"ilbadm {line}"))}}
            cp ilb.json "$SCRATCH/file"
            state() { ipvsadm -Sn; find . -mindepth 1 -printf '%p %M %i %u %g %s %T@\n' -type f -exec cat {} +; }
            refused() {
                before=$(state)
                "$@" >"$SCRATCH/said" 2>&1
                status=$?
                after=$(state)
                said= changed=changed
                read -r said <"$SCRATCH/said"
                [ "$before" != "$after" ] || changed=unchanged
                printf '## %s %s %s\n' $status $changed "$said"
            }

            """);
        foreach (var (prepare, run, _) in cases)
            script.Append($"{prepare}\nrefused {run}\n");
        // Mounts of the script are gone with it: they are in a mount namespace of its own.
        var output = (await ilbadm.ScriptAsync(script.ToString())).Replace(Path.GetDirectoryName(ilbadm.ConfigurationPath)!, "DIR", StringComparison.Ordinal);
        var lines = Number().Replace(output, "ilb-N").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(cases.Length, lines.Length);
        var wrong = cases.Zip(lines).Where(static pair => !pair.Second.StartsWith($"## 1 unchanged ilbadm: {pair.First.Message}", StringComparison.Ordinal)).Select(static pair => $"{pair.First.Run}\n{pair.Second}").ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    // What the kernel holds, and each file with its time: an equal one in its place would be a change.
    private async Task<string> StateAsync(InProcessIlbadm ilbadm)
    {
        var pools = await Ipvs.GetPoolsAsync(Cancellation);
        var saved = pools.Select(Oracle.Pool.Of).SelectMany(IpvsadmText.Saved);
        var files = new DirectoryInfo(ilbadm.Folder).GetFiles().Select(static file =>
            $"{file.Name} {file.LastWriteTimeUtc:O} {File.ReadAllText(file.FullName)}");
        return string.Join('\n', saved.Concat(files).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"ilb-\d+")]
    private static partial Regex Number();
}
