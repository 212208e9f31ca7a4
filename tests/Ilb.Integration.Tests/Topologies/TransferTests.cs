using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>Ten megabytes through each topology, each way, in both families.</summary>
public sealed partial class TransferTests : IAsyncLifetime
{
    // Topology, tunnel, and the servers' port behind the rule's port 80.
    private static readonly (Topology Topology, Tunnel? Tunnel, int Port)[] Ways =
    [
        (Topology.HalfNat, null, 8080),
        (Topology.Nat, null, 8080),
        (Topology.Dsr, null, 80),
        (Topology.Tun, null, 80),
        (Topology.Tun, new Tunnel { Kind = TunnelKind.Gre }, 80),
        (Topology.Tun, new Tunnel { Kind = TunnelKind.Gue, Port = 6080 }, 80),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly List<TransferServer> _servers = [];
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync(Ways.Length);
        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            foreach (var server in (string[])["s1", "s2"])
                _servers.AddRange(new[] { 80, 8080 }.Select(port => new TransferServer(Lab.Space(server), family, port, server)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        foreach (var server in _servers)
            server.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Ten_megabytes_arrive_whole_each_way_and_replies_of_DSR_and_TUN_do_not_come_by_the_balancer()
    {
        await CountAsync();
        await using var balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        foreach (var family in (int[])[4, 6])
        {
            foreach (var (place, (topology, tunnel, port)) in Ways.Index())
            {
                var group = new ServerGroup { Name = $"g{place}-{family}", Servers = [.. new[] { "SERVER1", "SERVER2" }.Select(server => new Server { Address = Lab.Address(server, family), Ports = port == 80 ? null : port })] };
                var rule = new Rule
                {
                    Name = $"{topology}{tunnel?.Kind}-v{family}",
                    Vip = Lab.Address($"VIP{place + 1}", family),
                    Ports = 80,
                    Topology = topology,
                    Tunnel = tunnel,
                    Interface = "eth0",
                    ProxySource = topology == Topology.Nat ? new AddressSpan(Lab.Address("LB", family)) : null,
                    ServerGroup = group.Name,
                };
                Assert.True((await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: Cancellation)).Converged);

                var vip = new IPEndPoint(rule.Vip, 80);
                var up = await TransferServer.UploadAsync(Lab.Space("client"), vip);
                var passed = (Up: await PassedAsync(), Down: (ToServers: 0L, FromServers: 0L));
                var down = await TransferServer.DownloadAsync(Lab.Space("client"), vip);
                passed.Down = await PassedAsync();

                var seen = topology == Topology.Nat ? Lab.Address("LB", family) : Lab.Address("CLIENT", family);
                foreach (var transfer in (Transfer[])[up, down])
                    Assert.Equal((rule.Name, port, seen, true), (rule.Name, transfer.Port, transfer.Peer, transfer.IsWhole));
                // In turn one server and the other; IPVS knows which it meant.
                Assert.Equal((rule.Name, "s1 s2"), (rule.Name, string.Join(' ', new[] { up.Server, down.Server }.Order())));
                const long moved = TransferServer.MaximumLength;
                Assert.True(passed.Up.ToServers > moved, $"{rule.Name}: {passed.Up}");
                if (topology is Topology.HalfNat or Topology.Nat)
                    Assert.True(passed.Down.FromServers > moved, $"{rule.Name}: {passed.Down}");
                else
                    Assert.Equal((rule.Name, 0, 0), (rule.Name, passed.Up.FromServers, passed.Down.FromServers));
            }
        }
    }

    // Bytes of TCP that the balancer got from a server, and sent to one, whatever addresses they bore.
    private async Task CountAsync()
    {
        var servers = string.Join(", ", await Task.WhenAll(new[] { "s1", "s2" }.Select(async server => HardwareAddress().Match(await Lab.Space(server).IpAsync("link show eth0")).Groups[1].Value)));
        await Lab.NftAsync($$"""
            table netdev counting {
                counter to_servers { }
                counter from_servers { }
                chain in { type filter hook ingress device "eth0" priority 0; ether saddr { {{servers}} } meta l4proto tcp counter name from_servers; }
                chain out { type filter hook egress device "eth0" priority 0; ether daddr { {{servers}} } counter name to_servers; }
            }
            """);
    }

    private async Task<(long ToServers, long FromServers)> PassedAsync()
    {
        var counters = await Lab.InAsync("lb", "nft", "reset", "counters", "table", "netdev", "counting");
        return (Bytes("to_servers"), Bytes("from_servers"));
        long Bytes(string counter) => long.Parse(Regex.Match(counters, $@"counter {counter} {{\s+packets \d+ bytes (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("link/ether ([0-9a-f:]+)")]
    private static partial Regex HardwareAddress();
}
