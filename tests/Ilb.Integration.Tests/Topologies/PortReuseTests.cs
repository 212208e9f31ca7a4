using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>A client whose next connection comes from the port of its last one, which the kernel remembers for two minutes.</summary>
public sealed class PortReuseTests : IAsyncLifetime
{
    private const int Port = 40_000;

    private readonly TemporaryFolder _folder = new();
    private readonly List<NameServer> _servers = [];
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync(16);
        _servers.AddRange(new[] { "s1", "s2" }.Select(server => new NameServer(Lab.Space(server), 80, server)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            server.Dispose();
        _folder.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task It_does_not_reach_a_server_that_has_been_disabled_or_removed_since()
    {
        await using var balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        var wrong = new List<string>();
        int vip = 0;
        foreach (var topology in (Topology[])[Topology.HalfNat, Topology.Nat, Topology.Dsr, Topology.Tun])
        {
            foreach (var isSticky in (bool[])[false, true])
            {
                foreach (var isRemoved in (bool[])[false, true])
                {
                    var name = $"{topology}{(isSticky ? "-sticky" : "")}{(isRemoved ? "-removed" : "-disabled")}";
                    var group = new ServerGroup { Name = name, Servers = [new Server { Address = Lab.Address("SERVER1", 4) }, new Server { Address = Lab.Address("SERVER2", 4) }] };
                    var rule = new Rule
                    {
                        Name = name,
                        Vip = Lab.Address($"VIP{++vip}", 4),
                        Ports = 80,
                        Topology = topology,
                        Interface = "eth0",
                        ProxySource = topology == Topology.Nat ? new AddressSpan(Lab.Address("LB", 4)) : null,
                        Persistence = isSticky ? new Persistence() : null,
                        ServerGroup = name,
                    };
                    Assert.True((await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: Cancellation)).Converged);
                    var to = new IPEndPoint(rule.Vip, 80);
                    var first = await NameServer.AskAsync(Lab.Space("client"), Lab.Address("CLIENT", 4), to, Port);
                    var id = new ServerId { ServerGroup = name, Number = first == "s1" ? 0u : 1u };
                    await balancer.ApplyAsync([isRemoved ? new RemoveServers { ServerGroup = name, Servers = [ServerSelector.ById(id)] } : new DisableServers { Servers = [id] }], cancellationToken: Cancellation);
                    string second;
                    try
                    {
                        second = await NameServer.AskAsync(Lab.Space("client"), Lab.Address("CLIENT", 4), to, Port);
                    }
                    catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
                    {
                        second = e.Message;
                    }

                    if (second is not ("s1" or "s2") || second == first)
                        wrong.Add($"{name}: {first}, then {second}");
                    // What a rule sets is taken back, so that each case stands for itself.
                    await balancer.DeleteRulesAsync([name], cancellationToken: Cancellation);
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}
