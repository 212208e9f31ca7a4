using System.Diagnostics;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>The samples of products, as their READMEs say to run them.</summary>
public sealed class SampleTests : KernelTest
{
    [Fact]
    public async Task A_product_creates_a_pool_changes_it_and_leaves_nothing_behind()
    {
        var folder = Directory.CreateTempSubdirectory("ilb");
        // As it should be already, lest the steps tell of it.
        Space.Sysctl(("ipv4/ip_forward", "1"), ("ipv4/conf/all/send_redirects", "0"), ("ipv4/conf/default/send_redirects", "0"), ("ipv4/conf/lo/send_redirects", "0"));
        try
        {
            var words = Sample.CommandLine("PoolChange", Path.Combine(folder.FullName, "example.json")).ToArray();
            Assert.Equal(
                """
                created: web Complete _web.0 weight 1, _web.1 weight 1
                a canary: web Complete _web.0 weight 9, _web.1 weight 9, _web.2 weight 1
                one leaves: web Complete _web.0 weight 0, _web.1 weight 9, _web.2 weight 1
                refused: server group 'web' is used by rule 'web'
                would remove service TCP 192.0.2.1:80

                """,
                await Space.RunAsync(words[0], words[1..]));
            Assert.Equal("", await Space.IpvsadmAsync("-Sn"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_host_keeps_the_pool_that_is_wanted_and_leaves_it_in_the_kernel()
    {
        var folder = Directory.CreateTempSubdirectory("ilb");
        try
        {
            var kept = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.12:8080 -m -w 1\n-a -t 192.0.2.1:80 -r 10.0.0.13:8080 -m -w 1\n";
            var configuration = Path.Combine(folder.FullName, "example.json");
            var start = new ProcessStartInfo("ip", ["netns", "exec", Space.Name, .. Sample.CommandLine("HostedBalancer", configuration)]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            using (var process = Process.Start(start)!)
            {
                await AskAsync(process, "10.0.0.11:8080 10.0.0.12:8080", "pool: 10.0.0.11:8080, 10.0.0.12:8080", "Healthy: the kernel holds 1 enabled rule");
                await AskAsync(process, "10.0.0.12:8080 10.0.0.13:8080", "pool: 10.0.0.12:8080, 10.0.0.13:8080", "Healthy: the kernel holds 1 enabled rule");
                await Eventually.HoldsAsync(async () => Assert.Equal(kept, await Space.IpvsadmAsync("-Sn")));
                process.StandardInput.Close();
                await process.WaitForExitAsync(Cancellation).WaitAsync(Command.Limit, Cancellation);
                Assert.Equal(0, process.ExitCode);
            }

            Assert.Equal(kept, await Space.IpvsadmAsync("-Sn"));
            // A kernel that was emptied meanwhile is filled at the start.
            await Space.IpvsadmAsync("-C");
            Assert.Equal((0, ""), await TryAsync("HostedBalancer", configuration));
            Assert.Equal(kept, await Space.IpvsadmAsync("-Sn"));
            await File.WriteAllTextAsync(configuration, "{ \"format\": 1,\n  \"rulez\": [] }", Cancellation);
            Assert.Equal((1, $"HostedBalancer: {configuration}:2: rulez: unknown member 'rulez'\n"), await TryAsync("HostedBalancer", configuration));
            Assert.Equal((1, "HostedBalancer: LoadBalancerOptions.ConfigurationPath: the path of the configuration is empty\n"), await TryAsync("HostedBalancer", ""));
            Assert.Equal(kept, await Space.IpvsadmAsync("-Sn"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Two_load_balancers_of_one_program_work_in_two_namespaces_and_do_not_see_each_other()
    {
        var folder = Directory.CreateTempSubdirectory("ilb");
        await using var other = await TestNamespace.CreateAsync();
        try
        {
            Assert.Equal(
                """
                created: blue Complete 1 1; green Complete 1 1 1
                changed: blue Complete 9 9; green Complete 0 1 1
                withdrawn: blue Missing - -; green Complete 0 1 1
                put back: blue Complete 9 9; green Complete 0 1 1

                """,
                await Command.RunAsync("env", Sample.CommandLine("TwoNamespaces", folder.FullName, Space.Path, other.Path)));
            Assert.Equal((1, "TwoNamespaces: cannot find the network namespace /run/netns/none: No such file or directory\n"), await TryAsync("TwoNamespaces", folder.FullName, Space.Path, "/run/netns/none"));
            Assert.Equal(("", ""), (await Space.IpvsadmAsync("-Sn"), await other.IpvsadmAsync("-Sn")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Writes a line, and reads until all that is expected has come, in whatever order: two services answer.
    private static async Task AskAsync(Process process, string line, params string[] answers)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync(Cancellation);
        var open = answers.ToHashSet();
        while (open.Count > 0)
            open.Remove(await process.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(Command.Limit, Cancellation) ?? throw new InvalidOperationException($"it ended before it said {string.Join(", ", open)}"));
    }

    private async Task<(int ExitCode, string Error)> TryAsync(string sample, params string[] arguments)
    {
        var words = Sample.CommandLine(sample, arguments).ToArray();
        var result = await Space.TryRunAsync(words[0], words[1..]);
        return (result.ExitCode, result.Error);
    }
}
