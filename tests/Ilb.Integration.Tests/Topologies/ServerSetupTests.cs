using System.Net;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>What is to be run on real servers, run as it is printed on servers that are prepared for nothing.</summary>
public sealed class ServerSetupTests
{
    [Fact]
    public async Task Run_as_printed_it_makes_each_topology_work()
    {
        using var folder = new TemporaryFolder();
        await using var lab = await LabTopology.CreateAsync("fullnat", 5, 80);
        await using var balancer = LoadBalancer.Create(folder.Options with { NetworkNamespace = lab.BalancerPath });
        // The one that changes the servers' default route is the last.
        (Topology Topology, Tunnel? Tunnel)[] ways =
        [
            (Topology.Dsr, null), (Topology.Tun, null), (Topology.Tun, new Tunnel { Kind = TunnelKind.Gre }), (Topology.Tun, new Tunnel { Kind = TunnelKind.Gue, Port = 6080 }), (Topology.HalfNat, null),
        ];
        foreach (var (place, way) in ways.Index())
        {
            foreach (var family in (int[])[4, 6])
            {
                var group = new ServerGroup { Name = $"g{place}-{family}", Servers = [.. new[] { 1, 2 }.Select(number => new Server { Address = IPAddress.Parse(lab[$"SERVER{number}_{family}"]) })] };
                var rule = new Rule
                {
                    Name = $"{way.Topology}{way.Tunnel?.Kind}-v{family}",
                    Vip = IPAddress.Parse(lab[$"VIP{place + 1}_{family}"]),
                    Ports = 80,
                    Topology = way.Topology,
                    Tunnel = way.Tunnel,
                    Interface = "eth0",
                    ServerGroup = group.Name,
                };
                Assert.True((await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: TestContext.Current.CancellationToken)).Converged);
                foreach (var (number, server) in group.Servers.Index())
                {
                    var script = string.Join('\n', ServerSetup.Commands(rule, server, IPAddress.Parse(lab[$"LB{family}"])));
                    // Twice does no harm.
                    await lab.InAsync($"s{number + 1}", "sh", "-ec", script);
                    await lab.InAsync($"s{number + 1}", "sh", "-ec", script);
                }

                var answers = await lab.AskAsync(Enumerable.Repeat((Protocol.Tcp, rule.Vip.ToString(), 80), 2));
                Assert.Equal((rule.Name, "s1:80 s2:80"), (rule.Name, string.Join(' ', answers.Select(static answer => answer.Split(' ')[0]).Order())));
            }
        }
    }
}
