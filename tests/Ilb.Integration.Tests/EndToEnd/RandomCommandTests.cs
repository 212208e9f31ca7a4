using System.Text;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>Long sequences of commands, against a model. A failure names the seed and the command.</summary>
public sealed class RandomCommandTests : KernelTest
{
    private const int Commands = 120;

    public static TheoryData<int> Seeds => [1, 2, Random.Shared.Next()];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task After_each_command_the_kernel_holds_what_the_manual_says(int seed)
    {
        using var ilbadm = new Ilbadm(Space);
        await Space.IpvsadmAsync("-R", string.Join('\n', SiteModel.Foreign) + "\n");
        var model = new SiteModel(new Random(seed));
        var script = new StringBuilder();
        var expected = new List<(string Line, bool Accepted, string After)>();
        for (var i = 0; i < Commands; i++)
        {
            var (line, accepted) = model.Next();
            var isWhole = i % 20 == 19;
            expected.Add((line, accepted, State(model.Kernel, isWhole ? [model.RuleRows, model.ServerRows, model.GroupRows, model.Limits.Order(StringComparer.Ordinal)] : [])));
            script.Append(System.Globalization.CultureInfo.InvariantCulture, $"run '{line.Replace(" ", "' '", StringComparison.Ordinal)}'\n");
            if (isWhole)
                script.Append("whole\n");
        }

        // One process for all: starting two for each command takes longer than the commands.
        var output = await ilbadm.ScriptAsync("""
            echo "##" >mark
            run() {
                ilbadm "$@" >said 2>&1
                echo "## $?"; cat said mark "$ILB_CONFIG" mark; ipvsadm -Sn
            }
            whole() {
                echo "##"; ilbadm show-rule -p -o rulename,status,lbalg,type,protocol,vip,port,servergroup
                echo "##"; ilbadm show-server -p -o serverid,address,port,rulename,status,servergroup
                echo "##"; ilbadm show-servergroup -p -o sgname,serverid,minport,maxport,ip_address,status,weight,max-conn,min-conn
                echo "##"; ipvsadm -Ln --thresholds | sed -n 's/^  -> \([0-9[].*\)/\1/p' | awk '{print $1, $2, $3}' | LC_ALL=C sort
            }

            """ + script);
        var blocks = output.Split("## ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Commands, blocks.Length);
        var saved = "";
        for (var i = 0; i < Commands; i++)
        {
            var parts = blocks[i].Split("##\n");
            var (said, file) = (parts[0], parts[1]);
            var (line, accepted, after) = expected[i];
            var at = $"seed {seed}, command {i}: ilbadm {line}\n{said}";
            Assert.True(said.StartsWith(accepted ? "0\n" : "1\n", StringComparison.Ordinal), $"{(accepted ? "refused" : "accepted")}: {at}");
            Assert.True(accepted ? said == "0\n" : said.StartsWith("1\nilbadm: ", StringComparison.Ordinal), $"said something else: {at}");
            Assert.True(accepted || file == saved, $"refused, but the file has changed: {at}");
            var state = State(parts[2].Split('\n', StringSplitOptions.RemoveEmptyEntries), parts[3..].Select(static part => part.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
            if (state != after)
                Assert.Fail($"{at}\nexpected:\n{after}\nwas:\n{state}");
            saved = file;
        }

        // Otherwise nearly nothing would be tested.
        Assert.InRange(expected.Count(static step => step.Accepted), Commands / 3, Commands * 9 / 10);
    }

    // The order of services and of their destinations is the kernel's.
    private static string State(IEnumerable<string> kernel, IEnumerable<IEnumerable<string>> tables) =>
        string.Join("\n-- \n", tables.Prepend(kernel.Order(StringComparer.Ordinal)).Select(static table => string.Join('\n', table.Select(static line => line.TrimEnd()))));
}
