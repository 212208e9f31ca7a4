using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>What a user's test gets of the native daemon, which runs as root and holds sockets to the kernel.</summary>
public sealed class ScriptTests() : TrafficTest(servers: 1)
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ilb script").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_gets_neither_rights_nor_sockets_of_the_daemon()
    {
        string seen = Path.Combine(_folder, "seen");
        await using var daemon = await CheckAsync($"{{ id -u; id -G; grep CapPrm: /proc/$$/status; ls -l /proc/$$/fd; }} >'{seen}.new'; mv '{seen}.new' '{seen}'; echo 0", TimeSpan.FromSeconds(1), $"{TestNetwork.Server(1)}");
        await Eventually.HoldsAsync(async () => Assert.Equal(ServerHealth.Alive, (await daemon.Client.GetStateAsync(Cancellation)).Rules[0].Servers[0].Health?.Status));
        string[] lines = await File.ReadAllLinesAsync(seen, Cancellation);
        Assert.NotEqual("0", lines[0]);
        Assert.DoesNotContain("0", lines[1].Split(' '));
        Assert.Equal("CapPrm:\t0000000000000000", lines[2]);
        Assert.DoesNotContain(lines, static line => line.Contains("socket:", StringComparison.Ordinal));
    }
    [Fact]
    public async Task None_that_is_under_way_outlives_the_daemon()
    {
        const int count = 20;
        string pids = Path.Combine(_folder, "pids");
        await using var daemon = await CheckAsync($"sleep 1000 & echo $! >>'{pids}'; sleep 1000", TimeSpan.FromSeconds(100), $"10.9.0.1-10.9.0.{count}");
        string[] children = [];
        await Eventually.HoldsAsync(async () =>
        {
            children = File.Exists(pids) ? await File.ReadAllLinesAsync(pids, Cancellation) : [];
            Assert.Equal(count, children.Length);
        });
        await daemon.StopAsync();
        await Eventually.HoldsAsync(() =>
        {
            Assert.DoesNotContain(children, IsRunning);
            return Task.CompletedTask;
        });
    }

    // A zombie, of which nobody takes note here, is not.
    private static bool IsRunning(string process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<Ilbd> CheckAsync(string script, TimeSpan timeout, string servers)
    {
        string path = Path.Combine(_folder, "test");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{script}\n", Cancellation);
        await Command.RunAsync("chmod", ["777", _folder]);
        await Command.RunAsync("chmod", ["755", path]);
        var daemon = new Ilbd(Net.Balancer);
        await daemon.StartAsync();
        await daemon.Client.ApplyAsync(
        [
            new CreateHealthCheck { HealthCheck = new HealthCheck { Name = "own", DefaultPing = false, Test = new ScriptTest { Path = path }, Interval = timeout * 4, Timeout = timeout } },
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse(servers) } },
            // A range, which needs nftables.
            new CreateRule { Rule = new Rule { Name = "web", Vip = TestNetwork.Vip, Ports = new PortRange(80, 90), Topology = Topology.HalfNat, ServerGroup = "web", Health = new RuleHealth { Check = "own" } } },
        ], cancellationToken: Cancellation);
        return daemon;
    }
}
