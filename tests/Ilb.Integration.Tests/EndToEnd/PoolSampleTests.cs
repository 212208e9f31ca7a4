using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>The samples that change a pool while clients go on asking.</summary>
[Collection(nameof(SampleSite))]
public sealed class PoolSampleTests(SampleSite site) : IAsyncLifetime
{
    private static readonly IPEndPoint Web = new(TestNetwork.Vip, 80);

    // Clients that never rest would take the one processor from the sample.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("ilb").FullName;
    private readonly List<IDisposable> _held = [];
    private readonly Dictionary<int, WebServer> _web = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _held.ForEach(static held => held.Dispose());
        await using (var balancer = site.OpenBalancer())
            await balancer.WaitForDrainAsync(await balancer.ReplaceAllAsync(Configuration.Empty));
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Servers_are_updated_one_by_one_and_no_client_notices()
    {
        await SetUpAsync(new ServerGroup { Name = "web", Servers = Servers(1, 2, 3) });
        using var end = new CancellationTokenSource();
        var clients = AskOnAsync(end.Token);
        var log = Path.Combine(_folder, "log");
        var (status, output, error) = await RunAsync("RollingUpdate", "web", "20", "sh", "-c", $"echo \"$1\" >>{log}", "update");
        Assert.Equal((0, "_web.0 10.1.1.2 is updated\n_web.1 10.1.2.2 is updated\n_web.2 10.1.3.2 is updated\n", ""), (status, output, error));
        Assert.Equal("10.1.1.2\n10.1.2.2\n10.1.3.2\n", await File.ReadAllTextAsync(log, Cancellation));
        await end.CancelAsync();
        Assert.Equal(["s1", "s2", "s3"], (await clients).Distinct().Order());

        (status, output, error) = await RunAsync("RollingUpdate", "web", "20", "false");
        Assert.Equal((1, "", "RollingUpdate: false failed on _web.0 with status 1; it stays disabled, and those behind it are not touched\n"), (status, output, error));
        Assert.Equal(["s2", "s3"], (await AskAsync(12)).Distinct().Order());
        Assert.Equal((1, "RollingUpdate: there is no rule none\n"), (await RunAsync("RollingUpdate", "none", "20", "true")) is var (code, _, text) ? (code, text) : default);
    }

    [Fact]
    public async Task A_rule_moves_to_another_group_at_once_and_back_and_old_connections_end_in_peace()
    {
        await SetUpAsync(new ServerGroup { Name = "blue", Servers = Servers(1, 2) }, new ServerGroup { Name = "green", Servers = Servers(3) });
        Hold(EchoServer.Tcp(site.Net.Servers[0], TestNetwork.Server(1), 81));
        var (status, output, error) = await RunAsync("BlueGreen", "web", "green", "10");
        Assert.Equal((0, $"web is served by green; 0 connections of blue go on; back: BlueGreen {site.ConfigurationPath} web blue\nblue has no connections of web any more\n", ""), (status, output, error));
        Assert.Equal(["s3"], (await AskAsync(6)).Distinct());

        // One that lasts: its server was asked, and has not answered yet.
        _web[3].Status = null;
        using var slow = Sockets.Open(site.Net.Client, AddressFamily.InterNetwork, ProtocolType.Tcp);
        await slow.ConnectAsync(Web, Cancellation);
        await slow.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Cancellation);
        (status, output, error) = await RunAsync("BlueGreen", "web", "blue", "1");
        Assert.Equal((3, $"web is served by blue; 1 connections of green go on; back: BlueGreen {site.ConfigurationPath} web green\n_green.0 10.1.3.2 still has 1 connections\n", ""), (status, output, error));
        Assert.Equal(["s1", "s2"], (await AskAsync(6)).Distinct().Order());

        // As its README says, and not in the host of the samples.
        _web[3].Status = 200;
        var words = Sample.CommandLine("BlueGreen", site.ConfigurationPath, "web", "green", "10").ToArray();
        var alone = await site.Net.Balancer.TryRunAsync(words[0], words[1..]);
        Assert.Equal((0, ""), (alone.ExitCode, alone.Error));
        Assert.Equal(["s3"], (await AskAsync(6)).Distinct());
        words = [.. Sample.CommandLine("BlueGreen", site.ConfigurationPath, "web", "none")];
        alone = await site.Net.Balancer.TryRunAsync(words[0], words[1..]);
        Assert.Equal((1, "BlueGreen: rule 'web': server group 'none' does not exist\n"), (alone.ExitCode, alone.Error));
    }

    [Fact]
    public async Task A_new_server_gets_a_growing_part_of_the_clients()
    {
        await SetUpAsync(new ServerGroup { Name = "web", Servers = [.. Servers(1, 2), .. Servers(3).Select(static server => server with { Enabled = false })] });
        using var end = new CancellationTokenSource();
        var clients = AskOnAsync(end.Token);
        // The kernel counts every other second.
        var (status, output, error) = await RunAsync("Canary", "_web.2", "4", "20", "50");
        Assert.Equal((0, ""), (status, error));
        Assert.Matches("^20%: [1-9][0-9]* new connections\n50%: [1-9][0-9]* new connections\n_web.2 is one of 3 equal servers\n$", output);
        await end.CancelAsync();
        Assert.Equal(["s1", "s2", "s3"], (await clients).Distinct().Order());
        Assert.Equal([4, 4, 4], (await AskAsync(12)).GroupBy(static name => name).Select(static same => same.Count()));
        Assert.Equal((1, "Canary: there is no server _web.9\n"), (await RunAsync("Canary", "_web.9", "1", "5")) is var (code, _, text) ? (code, text) : default);
    }

    private static ValueList<Server> Servers(params int[] numbers) => numbers.SelectMany(static number => ServerSpec.Parse($"{TestNetwork.Server(number)}:8080")).ToValueList();

    private async Task SetUpAsync(params ServerGroup[] groups)
    {
        for (var number = 1; number <= site.Net.Servers.Count; number++)
            _web[number] = Hold(new WebServer(site.Net.Servers[number - 1], TestNetwork.Server(number), 8080, $"s{number}"));
        await using var balancer = site.OpenBalancer();
        var rule = new Rule { Name = "web", Vip = Web.Address, Ports = Web.Port, Topology = Topology.HalfNat, ServerGroup = groups[0].Name };
        var result = await balancer.ApplyAsync(
            [.. groups.Select(static group => new CreateServerGroup { ServerGroup = group }), new CreateRule { Rule = rule }],
            cancellationToken: Cancellation);
        Assert.True(result.Converged);
    }

    private T Hold<T>(T thing)
        where T : IDisposable
    {
        _held.Add(thing);
        return thing;
    }

    private Task<(int Status, string Output, string Error)> RunAsync(string sample, params string[] arguments) =>
        site.RunAsync(sample, [site.ConfigurationPath, .. arguments]);

    private async Task<List<string>> AskAsync(int count)
    {
        var names = new List<string>();
        for (var i = 0; i < count; i++)
            names.Add(await WebServer.AskAsync(site.Net.Client, Web));
        return names;
    }

    // Who answers, one request after the other; one that fails ends it.
    private async Task<List<string>> AskOnAsync(CancellationToken cancellationToken)
    {
        var names = new List<string>();
        while (!cancellationToken.IsCancellationRequested)
        {
            names.Add(await WebServer.AskAsync(site.Net.Client, Web));
            await Task.Delay(Rest, TimeProvider.System, Cancellation);
        }

        return names;
    }
}
