using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>A hundred clients that come back again and again: each to one server, and when that is disabled to one other.</summary>
public sealed class StickinessTests : IAsyncLifetime
{
    private const int Clients = 100;
    private const int Ports = 50;
    private const int FirstPort = 7000;

    private static readonly string[] Servers = ["s1", "s2", "s3"];

    // How many bits of a client's address count, how many ports the rule has, and how many connections each client makes.
    // ILB_FULL=1: 10 and 50 rather than 5 and 10 of them.
    private static readonly (Topology Topology, int Family, int? Prefix, int Ports, int Connections)[] Cases =
    [
        (Topology.HalfNat, 4, null, Ports, FullRun.Count(10, full: 50)),
        (Topology.Dsr, 6, null, 1, FullRun.Count(5, full: 10)),
        (Topology.Nat, 4, 30, Ports, 5),
        (Topology.Tun, 6, 126, Ports, 5),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly List<NameServer> _servers = [];
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync("all", Cases.Length, Servers.Length, []);
        foreach (var server in Servers)
            _servers.AddRange(Enumerable.Range(FirstPort, Ports).Select(port => new NameServer(Lab.Space(server), port, server)));
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
    public async Task Each_client_keeps_one_server_over_all_ports_and_when_that_is_disabled_one_other()
    {
        await using var balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        foreach (var (place, (topology, family, prefix, ports, connections)) in Cases.Index())
        {
            var name = $"{topology}-v{family}-{prefix}";
            var group = new ServerGroup { Name = name, Servers = [.. Servers.Select((_, number) => new Server { Address = Lab.Address($"SERVER{number + 1}", family) })] };
            var rule = new Rule
            {
                Name = name,
                Vip = Lab.Address($"VIP{place + 1}", family),
                Ports = ports == 1 ? FirstPort : new PortRange(FirstPort, FirstPort + ports - 1),
                Topology = topology,
                Interface = "eth0",
                ProxySource = topology == Topology.Nat ? new AddressSpan(Lab.Address("LB", family)) : null,
                Persistence = new Persistence { PrefixLength = prefix },
                ServerGroup = name,
            };
            Assert.True((await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: Cancellation)).Converged);

            // Clients that the mask makes one share a server: the addresses begin at a multiple of sixteen.
            var together = prefix is null ? 1 : 1 << ((family == 4 ? 32 : 128) - prefix.Value);
            var before = Of(name, await AskAsync(rule, family, connections), together);
            Assert.Equal((name, "s1 s2 s3"), (name, string.Join(' ', before.Distinct().Order())));

            var left = before[0];
            var id = new ServerId { ServerGroup = name, Number = (uint)Array.IndexOf(Servers, left) };
            Assert.True((await balancer.ApplyAsync([new DisableServers { Servers = [id] }], cancellationToken: Cancellation)).Converged);
            var after = Of(name, await AskAsync(rule, family, FullRun.Count(3, full: 5)), together);
            Assert.DoesNotContain(left, after);
            Assert.Equal(before.Where(server => server != left), before.Zip(after).Where(pair => pair.First != left).Select(static pair => pair.Second));
        }
    }

    // The one server of all connections of each client, and of all clients that count as one.
    private static string[] Of(string name, string[][] answers, int together) =>
        [.. answers.Chunk(together).Select((clients, place) => (name, place, string.Join(' ', clients.SelectMany(static client => client).Distinct()))).Select(static found =>
        {
            Assert.Equal((found.name, found.place, true), (found.name, found.place, Servers.Contains(found.Item3)));
            return found.Item3;
        })];

    // What each client gets from its connections, each at another port; together they ask at all ports.
    private Task<string[][]> AskAsync(Rule rule, int family, int connections) => Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
    {
        var address = IPAddress.Parse(family == 4 ? $"10.77.64.{client + 16}" : $"fd77:64::{client + 16:x}");
        var answers = new string[connections];
        for (int i = 0; i < connections; i++)
        {
            var to = new IPEndPoint(rule.Vip!, rule.Ports!.First + ((client + i) % rule.Ports.Count));
            answers[i] = await NameServer.AskAsync(Lab.Space("client"), address, to);
        }

        return answers;
    }));
}
