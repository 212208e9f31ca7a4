using System.Diagnostics;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>The samples of products.</summary>
[Collection(nameof(SampleSite))]
public sealed class SampleTests(SampleSite site) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ilb").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await site.Ipvs.FlushAsync(Cancellation);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_product_creates_a_pool_changes_it_and_leaves_nothing_behind()
    {
        // As it should be already, lest the steps tell of it.
        SetUpRedirects();
        var (status, output, error) = await site.RunAsync("PoolChange", Path.Combine(_folder, "example.json"));
        Assert.Equal(
            """
            created: web Complete _web.0 weight 1, _web.1 weight 1
            a canary: web Complete _web.0 weight 9, _web.1 weight 9, _web.2 weight 1
            one leaves: web Complete _web.0 weight 0, _web.1 weight 9, _web.2 weight 1
            refused: server group 'web' is used by rule 'web'
            would remove service TCP 192.0.2.1:80

            """,
            output);
        Assert.Equal((0, ""), (status, error));
        Assert.Equal("", await site.SavedAsync());
    }

    /// <summary>The first time as its README says to run it.</summary>
    [Fact]
    public async Task A_host_keeps_the_pool_that_is_wanted_and_leaves_it_in_the_kernel()
    {
        var kept = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.12:8080 -m -w 1\n-a -t 192.0.2.1:80 -r 10.0.0.13:8080 -m -w 1\n";
        var configuration = Path.Combine(_folder, "example.json");
        using (var process = site.Start("HostedBalancer", configuration))
        {
            await AskAsync(process, "10.0.0.11:8080 10.0.0.12:8080", "pool: 10.0.0.11:8080, 10.0.0.12:8080", "Healthy: the kernel holds 1 enabled rule");
            await AskAsync(process, "10.0.0.12:8080 10.0.0.13:8080", "pool: 10.0.0.12:8080, 10.0.0.13:8080", "Healthy: the kernel holds 1 enabled rule");
            await Eventually.HoldsAsync(async () => Assert.Equal(kept, await site.SavedAsync()));
            process.StandardInput.Close();
            await process.WaitForExitAsync(Cancellation).WaitAsync(Command.Limit, Cancellation);
            Assert.Equal(0, process.ExitCode);
        }

        Assert.Equal(kept, await site.SavedAsync());
        // A kernel that was emptied meanwhile is filled at the start.
        await site.Ipvs.FlushAsync(Cancellation);
        Assert.Equal((0, ""), await TryAsync("HostedBalancer", configuration));
        Assert.Equal(kept, await site.SavedAsync());
        await File.WriteAllTextAsync(configuration, "{ \"format\": 1,\n  \"rulez\": [] }", Cancellation);
        Assert.Equal((1, $"HostedBalancer: {configuration}:2: rulez: unknown member 'rulez'\n"), await TryAsync("HostedBalancer", configuration));
        Assert.Equal((1, "HostedBalancer: LoadBalancerOptions.ConfigurationPath: the path of the configuration is empty\n"), await TryAsync("HostedBalancer", ""));
        Assert.Equal(kept, await site.SavedAsync());
    }

    [Fact]
    public async Task Two_load_balancers_of_one_program_work_in_two_namespaces_and_do_not_see_each_other()
    {
        await using var one = await TestNamespace.CreateAsync();
        await using var other = await TestNamespace.CreateAsync();
        Assert.Equal(
            (0, """
            created: blue Complete 1 1; green Complete 1 1 1
            changed: blue Complete 9 9; green Complete 0 1 1
            withdrawn: blue Missing - -; green Complete 0 1 1
            put back: blue Complete 9 9; green Complete 0 1 1

            """, ""),
            await site.RunAsync("TwoNamespaces", _folder, one.Path, other.Path));
        Assert.Equal((1, "TwoNamespaces: cannot find the network namespace /run/netns/none: No such file or directory\n"), await TryAsync("TwoNamespaces", _folder, one.Path, "/run/netns/none"));
        Assert.Equal(("", ""), (await one.IpvsadmAsync("-Sn"), await other.IpvsadmAsync("-Sn")));
    }

    // Redirects off for all interfaces that are there.
    private void SetUpRedirects() => site.Net.Balancer.Run(static () =>
    {
        foreach (var folder in Directory.GetDirectories("/proc/sys/net/ipv4/conf"))
            File.WriteAllText(Path.Combine(folder, "send_redirects"), "0");
        return true;
    });

    // Writes a line, and reads until all that is expected has come, in whatever order: two services answer.
    private static async Task AskAsync(Process process, string line, params string[] answers)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync(Cancellation);
        var open = answers.ToHashSet();
        while (open.Count > 0)
            open.Remove(await process.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(Command.Limit, Cancellation) ?? throw new InvalidOperationException($"it ended before it said {string.Join(", ", open)}"));
    }

    private async Task<(int Status, string Error)> TryAsync(string sample, params string[] arguments) =>
        await site.RunAsync(sample, arguments) is var (status, _, error) ? (status, error) : default;
}
