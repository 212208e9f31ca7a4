using System.Globalization;
using System.Text;
using Ilb.Integration.Tests.Harness;
using Ilb.Integration.Tests.Oracle;
using Ilb.Testing;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>Long sequences of commands, against a model. A failure names the seed and the command.</summary>
public sealed class RandomCommandTests : KernelTest
{
    private static readonly int InProcessCommands = FullRun.Count(160, full: 400);
    private const int WholeInterval = 20;

    private const string ShowRules = "show-rule -p -o rulename,status,lbalg,type,protocol,vip,port,servergroup";
    private const string ShowServers = "show-server -p -o serverid,address,port,rulename,status,servergroup";
    private const string ShowGroups =
        "show-servergroup -p -o sgname,serverid,minport,maxport,ip_address,status,weight,max-conn,min-conn";

    // ILB_FULL=1: native processes run as many commands as there ever were, for three seeds.
    private static readonly int NativeCommands = FullRun.Count(20, full: 120);

    public static TheoryData<int> Seeds => [1, 2, RandomSeed(InProcessCommands)];

    public static TheoryData<int> NativeSeeds => FullRun.IsOn ? [1, 2, RandomSeed(NativeCommands)] : [RandomSeed(NativeCommands)];

    /// <summary>The kernel is read by our client at each step, and by ipvsadm whenever the tables are compared.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task After_each_command_the_kernel_holds_what_the_manual_says(int seed)
    {
        using var ilbadm = new InProcessIlbadm(Space);
        await RestoreForeignAsync();
        var model = new SiteModel(new Random(seed));
        var saved = "";
        var acceptedCount = 0;
        for (var i = 0; i < InProcessCommands; i++)
        {
            var (line, accepted) = model.Next();
            var result = await ilbadm.TryRunAsync(line);
            var file = File.Exists(ilbadm.ConfigurationPath)
                ? await File.ReadAllTextAsync(ilbadm.ConfigurationPath, Cancellation)
                : "";
            var at = $"seed {seed}, command {i}: ilbadm {line}";
            AssertSaid(accepted, result.ExitCode, result.Output + result.Error, at);
            Assert.True(accepted || file == saved, $"refused, but the file has changed: {at}");
            AssertState(model, await ReadAsync(), at);
            if (i % WholeInterval == WholeInterval - 1)
                AssertWholeState(model, await ReadWholeAsync(ilbadm), at);
            saved = file;
            acceptedCount += accepted ? 1 : 0;
        }

        Assert.InRange(acceptedCount, InProcessCommands / 3, InProcessCommands * 9 / 10);
    }

    [Theory]
    [MemberData(nameof(NativeSeeds))]
    public async Task After_each_native_command_the_kernel_holds_what_the_manual_says(int seed)
    {
        using var ilbadm = new Ilbadm(Space);
        await RestoreForeignAsync();
        var model = new SiteModel(new Random(seed));
        var script = new StringBuilder();
        var expected = new List<(string Line, bool Accepted, string After)>();
        for (var i = 0; i < NativeCommands; i++)
        {
            var (line, accepted) = model.Next();
            var isWhole = i % WholeInterval == WholeInterval - 1;
            expected.Add((line, accepted, isWhole ? WholeState(model) : State([model.Kernel.Order(StringComparer.Ordinal)])));
            script.Append(CultureInfo.InvariantCulture, $"run '{line.Replace(" ", "' '", StringComparison.Ordinal)}'\n");
            if (isWhole)
                script.Append("whole\n");
        }

        // One shell for all: starting it for each command takes longer than the commands.
        var output = await ilbadm.ScriptAsync($$"""
            echo "##" >mark
            run() {
                ilbadm "$@" >said 2>&1
                echo "## $?"; cat said mark "$ILB_CONFIG" mark; ipvsadm -Sn
            }
            whole() {
                echo "##"; ilbadm {{ShowRules}}
                echo "##"; ilbadm {{ShowServers}}
                echo "##"; ilbadm {{ShowGroups}}
                echo "##"; ipvsadm -Ln --thresholds
            }

            """ + script);
        var blocks = output.Split("## ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(NativeCommands, blocks.Length);
        var saved = "";
        for (var i = 0; i < NativeCommands; i++)
        {
            var parts = blocks[i].Split("##\n");
            var (said, file) = (parts[0].Split('\n', 2), parts[1]);
            var (line, accepted, after) = expected[i];
            var at = $"seed {seed}, command {i}: ilbadm {line}";
            AssertSaid(accepted, int.Parse(said[0], CultureInfo.InvariantCulture), said[1], at);
            Assert.True(accepted || file == saved, $"refused, but the file has changed: {at}");
            var kernel = Lines(parts[2]).Order(StringComparer.Ordinal);
            AssertSame(after, State(parts.Length == 3 ? [kernel] : [kernel, .. parts[3..6].Select(Lines), Limits(parts[6])]), at);
            saved = file;
        }
    }

    // A few sequences consist of refusals, and would test nearly nothing.
    private static int RandomSeed(int commands)
    {
        while (true)
        {
            var seed = Random.Shared.Next();
            var model = new SiteModel(new Random(seed));
            if (Enumerable.Range(0, commands).Count(_ => model.Next().Accepted) is var accepted && accepted >= commands / 3 && accepted <= commands * 9 / 10)
                return seed;
        }
    }

    private Task<string> RestoreForeignAsync() => Space.IpvsadmAsync("-R", string.Join('\n', SiteModel.Foreign) + "\n");

    private static void AssertSaid(bool accepted, int status, string said, string at)
    {
        Assert.True(status == (accepted ? 0 : 1), $"{(accepted ? "refused" : "accepted")}: {at}\n{status} {said}");
        Assert.True(accepted ? said == "" : said.StartsWith("ilbadm: ", StringComparison.Ordinal), $"said something else: {at}\n{said}");
    }

    // What our client reads, in the words of ipvsadm.
    private async Task<string> ReadAsync()
    {
        var pools = await Ipvs.GetPoolsAsync(Cancellation);
        var saved = pools.Select(Oracle.Pool.Of).SelectMany(IpvsadmText.Saved);
        var limits = pools.SelectMany(static pool => pool.Destinations).Select(static state => state.Destination).Select(static to =>
            $"{IpvsadmText.Endpoint(to.Address, to.Port)} {to.UpperThreshold} {to.LowerThreshold}");
        return State([saved.Order(StringComparer.Ordinal), limits.Order(StringComparer.Ordinal)]);
    }

    private static void AssertState(SiteModel model, string found, string at) =>
        AssertSame(State([model.Kernel.Order(StringComparer.Ordinal), model.Limits.Order(StringComparer.Ordinal)]), found, at);

    private async Task<string> ReadWholeAsync(InProcessIlbadm ilbadm) => State(
    [
        Lines(await Space.IpvsadmAsync("-Sn")).Order(StringComparer.Ordinal),
        Lines(await ilbadm.RunAsync(ShowRules)),
        Lines(await ilbadm.RunAsync(ShowServers)),
        Lines(await ilbadm.RunAsync(ShowGroups)),
        Limits(await Space.IpvsadmAsync("-Ln --thresholds")),
    ]);

    private static void AssertWholeState(SiteModel model, string found, string at) => AssertSame(WholeState(model), found, at);

    private static string WholeState(SiteModel model) => State(
    [
        model.Kernel.Order(StringComparer.Ordinal), model.RuleRows, model.ServerRows, model.GroupRows,
        model.Limits.Order(StringComparer.Ordinal),
    ]);

    private static void AssertSame(string expected, string found, string at)
    {
        if (expected != found)
            Assert.Fail($"{at}\nexpected:\n{expected}\nwas:\n{found}");
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // Address and limits in the rows of `ipvsadm -Ln --thresholds`, below their head.
    private static IEnumerable<string> Limits(string listing) => Lines(listing)
        .Where(static line => line.StartsWith("  -> ", StringComparison.Ordinal) && !line.Contains("RemoteAddress", StringComparison.Ordinal))
        .Select(static line => string.Join(' ', line[5..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..3]))
        .Order(StringComparer.Ordinal);

    private static string State(IEnumerable<IEnumerable<string>> tables) =>
        string.Join("\n-- \n", tables.Select(static table => string.Join('\n', table.Select(static line => line.TrimEnd()))));
}
