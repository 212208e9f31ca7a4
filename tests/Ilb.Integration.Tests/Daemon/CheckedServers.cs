using System.Net;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>Servers that the native daemon checks, while clients ask.</summary>
public abstract class CheckedServers(int servers) : TrafficTest(servers)
{
    private const int Requests = 40;

    private protected static readonly IPEndPoint Web = new(TestNetwork.Vip, 80);

    private protected static Rule RuleOf(HealthCheck check) =>
        new() { Name = "web", Vip = TestNetwork.Vip, Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web", Health = new RuleHealth { Check = check.Name } };

    private protected CreateServerGroup AllServers() =>
        new() { ServerGroup = new ServerGroup { Name = "web", Servers = Enumerable.Range(1, Net.Servers.Count).SelectMany(static number => ServerSpec.Parse($"{TestNetwork.Server(number)}:8080")).ToValueList() } };

    private protected static Task AllReturnAsync(Ilbd daemon) => Eventually.HoldsAsync(async () =>
    {
        var state = await daemon.Client.GetStateAsync(Cancellation);
        foreach (var server in state.Rules.SelectMany(static rule => rule.Servers))
            Assert.Equal((ServerHealth.Alive, null, 1), (server.Health!.Status, server.Health.Reason, server.EffectiveWeight));
    });

    // Who answered requests, of which none fails.
    private protected async Task<HashSet<string>> AskAsync(IPEndPoint endpoint)
    {
        var names = new HashSet<string>();
        for (int i = 0; i < Requests; i++)
            names.Add(await WebServer.AskAsync(Net.Client, endpoint));
        return names;
    }

    private protected static async Task CollectAsync(RemoteLoadBalancer client, Action<ServerHealthChanged> collect, CancellationToken end)
    {
        try
        {
            await foreach (var happened in client.GetEventsAsync(null, end))
            {
                if (happened is ServerHealthChanged verdict)
                    collect(verdict);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // All that was to be seen has been.
        }
    }

    private protected static ServerId Id(int number) => new() { ServerGroup = "web", Number = (uint)number - 1 };

    private protected static string Name(int number) => $"server {number}";
}
