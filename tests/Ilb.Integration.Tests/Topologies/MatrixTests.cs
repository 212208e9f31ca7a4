using System.Net;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>Each topology with each form of ports, in both families and all protocols, with real packets.</summary>
public sealed class MatrixTests : IAsyncLifetime
{
    private static readonly string[] Settings =
        ["ipv4/vs/conntrack", "ipv4/ip_forward", "ipv4/conf/eth0/send_redirects", "ipv6/conf/all/forwarding"];

    private static readonly Protocol[] Protocols = [Protocol.Tcp, Protocol.Udp, Protocol.Sctp];

    // VIP number, topology, tunnel, the rule's ports, the servers' ports, and what becomes of two ports.
    private static readonly Case[] Cases =
    [
        .. Nat(1, Topology.HalfNat),
        .. Nat(6, Topology.Nat),
        .. Kept(11, Topology.Dsr, null),
        .. Kept(14, Topology.Tun, null),
        new Case(17, Topology.Tun, new Tunnel { Kind = TunnelKind.Gre }, 80, null, [(80, 80)]),
        new Case(18, Topology.Tun, new Tunnel { Kind = TunnelKind.Gue, Port = 6080 }, 80, null, [(80, 80)]),
    ];

    private readonly TemporaryFolder _folder = new();
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lab = await LabTopology.CreateAsync(18, 80, 7000, 7002, 8080, 9000, 9002);

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Every_cell_reaches_the_right_server_and_port_shows_it_the_right_client_and_leaves_everything_of_others_as_it_was()
    {
        await Lab.InAsync("lb", "ip", "addr", "add", "10.77.2.3/24", "dev", "eth0");
        await Lab.InAsync("lb", "ip", "addr", "add", "fd77:2::3/64", "dev", "eth0", "nodad");
        // What a user may have: a table of his own that marks packets and masquerades, and a service.
        await Lab.NftAsync("""
            table inet users {
                chain mine { type filter hook forward priority filter; policy accept; counter meta mark 0x00000005 accept; }
                chain hide { type nat hook postrouting priority srcnat; policy accept; ip daddr 203.0.113.0/24 masquerade; }
            }
            """);
        await Lab.InAsync("lb", "ipvsadm", "-A", "-t", "10.77.2.250:99", "-s", "rr");
        Lab.Space("lb").Sysctl(("ipv4/vs/conntrack", "0"));
        var before = await LookAsync();

        await using var balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        var changes = Cases.SelectMany(cell => Rules(cell)).ToArray();
        var result = await balancer.ApplyAsync([.. changes.Select(static rule => new CreateServerGroup { ServerGroup = rule.Group }).DistinctBy(static change => change.ServerGroup.Name), .. changes.Select(static rule => new CreateRule { Rule = rule.Rule })], cancellationToken: Cancellation);
        Assert.Equal([], result.Steps.Where(static step => step.Failure is not null).Select(static step => $"{step}: {step.Failure!.Message}"));
        Assert.True((await balancer.ApplyAsync([], new ApplyOptions { DryRun = true }, Cancellation)).Converged);
        Assert.All((await balancer.GetStateAsync(Cancellation)).Rules, static rule => Assert.Equal(KernelState.Complete, rule.Kernel));

        // Twice each port, in turn one server and the other.
        var asked = changes.SelectMany(static rule => rule.Cell.Ports.SelectMany(port => Enumerable.Repeat((rule.Rule, Port: port.Asked, Expected: port.Served), 2))).ToArray();
        var answers = await Lab.AskAsync(asked.Select(static question => (question.Rule.Protocol, question.Rule.Vip!.ToString(), question.Port)));
        var wrong = asked.Zip(answers).Where(static pair => !IsRight(pair.First.Rule, pair.First.Expected, pair.Second)).Select(static pair => $"{pair.First.Rule.Name} port {pair.First.Port}: {pair.Second}");
        Assert.Equal("", string.Join('\n', wrong));
        foreach (var rule in asked.Zip(answers).GroupBy(static pair => pair.First.Rule.Name))
            Assert.Equal(2, rule.Select(static pair => pair.Second.Split(':')[0]).Distinct().Count());

        Assert.Empty(await balancer.WaitForDrainAsync(await balancer.ApplyAsync([new DeleteRules { All = true }], cancellationToken: Cancellation), TimeSpan.FromMinutes(1), cancellationToken: Cancellation));
        Assert.Equal(before, await LookAsync());
    }

    private static bool IsRight(Rule rule, int port, string answer)
    {
        if (answer.Split(' ') is not [var server, var peer, _] || server.Split(':') is not ["s1" or "s2", var reached] || reached != $"{port}")
            return false;
        return rule.Topology == Topology.Nat
            ? peer is "10.77.2.2" or "10.77.2.3" or "fd77:2::2" or "fd77:2::3"
            : peer is "10.77.1.2" or "fd77:1::2";
    }

    private static Case[] Nat(int vip, Topology topology) =>
    [
        .. Kept(vip, topology, null),
        new Case(vip + 3, topology, null, new PortRange(7000, 7002), 8080, [(7000, 8080), (7002, 8080)]),
        new Case(vip + 4, topology, null, new PortRange(7000, 7002), new PortRange(9000, 9002), [(7000, 9000), (7002, 9002)]),
    ];

    private static Case[] Kept(int vip, Topology topology, Tunnel? tunnel) =>
    [
        new Case(vip, topology, tunnel, 80, null, [(80, 80)]),
        new Case(vip + 1, topology, tunnel, new PortRange(7000, 7002), null, [(7000, 7000), (7002, 7002)]),
        new Case(vip + 2, topology, tunnel, null, null, [(80, 80), (9000, 9000)]),
    ];

    private IEnumerable<(Case Cell, Rule Rule, ServerGroup Group)> Rules(Case cell)
    {
        foreach (var isV6 in (bool[])[false, true])
        {
            var group = $"g{(isV6 ? 6 : 4)}-{cell.Served?.First ?? 0}";
            foreach (var protocol in Protocols)
            {
                yield return (cell, new Rule
                {
                    Name = $"{cell.Topology.ToText()}{cell.Tunnel?.Kind}-{cell.Ruled?.ToString() ?? "all"}-to-{cell.Served?.ToString() ?? "same"}-{(isV6 ? "v6" : "v4")}-{protocol.ToText()}",
                    Vip = IPAddress.Parse(Lab[$"VIP{cell.Vip}_{(isV6 ? 6 : 4)}"]),
                    Ports = cell.Ruled,
                    Protocol = protocol,
                    Topology = cell.Topology,
                    Tunnel = cell.Tunnel,
                    Interface = "eth0",
                    ProxySource = cell.Topology == Topology.Nat ? AddressSpan.Parse(isV6 ? "fd77:2::2-fd77:2::3" : "10.77.2.2-10.77.2.3") : null,
                    ServerGroup = group,
                }, new ServerGroup
                {
                    Name = group,
                    Servers = [.. new[] { 1, 2 }.Select(number => new Server { Address = IPAddress.Parse(Lab[$"SERVER{number}_{(isV6 ? 6 : 4)}"]), Ports = cell.Served })],
                });
            }
        }
    }

    private async Task<string> LookAsync() => string.Join('\n',
        await Lab.InAsync("lb", "nft", "--stateless", "list", "ruleset"),
        await Lab.InAsync("lb", "ipvsadm", "-Sn"),
        await Lab.InAsync("lb", "ip", "-o", "addr"),
        string.Join('\n', Settings.Select(name => $"{name} = {Lab.Space("lb").Sysctl(name)}")));

    private sealed record Case(int Vip, Topology Topology, Tunnel? Tunnel, PortRange? Ruled, PortRange? Served, (int Asked, int Served)[] Ports);
}
