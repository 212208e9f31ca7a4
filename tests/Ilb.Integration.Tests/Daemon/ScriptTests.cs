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
        string path = Path.Combine(_folder, "test"), seen = Path.Combine(_folder, "seen");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{{ id -u; id -G; grep CapPrm: /proc/$$/status; ls -l /proc/$$/fd; }} >'{seen}.new'; mv '{seen}.new' '{seen}'; echo 0\n", Cancellation);
        await Command.RunAsync("chmod", ["777", _folder]);
        await Command.RunAsync("chmod", ["755", path]);
        await using var daemon = new Ilbd(Net.Balancer);
        await daemon.StartAsync();
        await daemon.Client.ApplyAsync(
        [
            new CreateHealthCheck { HealthCheck = new HealthCheck { Name = "own", Test = new ScriptTest { Path = path }, Interval = TimeSpan.FromSeconds(4), Timeout = TimeSpan.FromSeconds(1) } },
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse($"{TestNetwork.Server(1)}") } },
            // A range, which needs nftables.
            new CreateRule { Rule = new Rule { Name = "web", Vip = TestNetwork.Vip, Ports = new PortRange(80, 90), Topology = Topology.HalfNat, ServerGroup = "web", Health = new RuleHealth { Check = "own" } } },
        ], cancellationToken: Cancellation);
        await Eventually.HoldsAsync(async () => Assert.Equal(ServerHealth.Alive, (await daemon.Client.GetStateAsync(Cancellation)).Rules[0].Servers[0].Health?.Status));
        string[] lines = await File.ReadAllLinesAsync(seen, Cancellation);
        Assert.NotEqual("0", lines[0]);
        Assert.DoesNotContain("0", lines[1].Split(' '));
        Assert.Equal("CapPrm:\t0000000000000000", lines[2]);
        Assert.DoesNotContain(lines, static line => line.Contains("socket:", StringComparison.Ordinal));
    }
}
