using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>
/// Packets that are too big for the way behind the balancer, and what servers and routers there say of it:
/// <code>
/// client ── router ── lb ── s1        at most 1300 bytes from lb to s1
///                      └─── hop ── far    at most 1300 bytes behind hop, each way
/// </code>
/// </summary>
public sealed partial class PathMtuTests : IAsyncLifetime
{
    private static readonly Tunnel[] Tunnels = [new Tunnel(), new Tunnel { Kind = TunnelKind.Gre }, new Tunnel { Kind = TunnelKind.Gue, Port = 6080 }];

    // Whether the server is far, which DSR cannot serve: each way has a VIP of its own.
    private static readonly (bool IsFar, Topology Topology, Tunnel? Tunnel)[] Ways =
    [
        (false, Topology.HalfNat, null), (false, Topology.Nat, null), (false, Topology.Dsr, null), .. Tunnels.Select(static tunnel => (false, Topology.Tun, tunnel)),
        (true, Topology.HalfNat, null), (true, Topology.Nat, null), .. Tunnels.Select(static tunnel => (true, Topology.Tun, tunnel)),
    ];

    // ILB_FULL=1: ten megabytes.
    private static readonly int Length = FullRun.Count(1 << 20, full: TransferServer.MaximumLength);

    private static readonly int Vips = Ways.Length;

    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _held = [];
    private LabTopology? _lab;
    private LoadBalancer? _balancer;
    private TestNamespace? _hop;
    private TestNamespace? _far;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private LoadBalancer Balancer => _balancer ?? throw new InvalidOperationException("not initialised");

    private TestNamespace Far => _far ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync(Vips);
        _hop = await TestNamespace.CreateAsync("hop");
        _far = await TestNamespace.CreateAsync("far");
        await Lab.Space("router").IpBatchAsync(
            $"link add hop type veth peer name eth0 netns {_hop.Name}", "link set hop master lan up");
        _hop.Sysctl(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"), ("ipv4/conf/all/send_redirects", "0"), ("ipv4/conf/default/send_redirects", "0"));
        await _hop.IpBatchAsync(
            $"link add far type veth peer name eth0 netns {_far.Name}", "link set eth0 up", "link set far up",
            "addr add 10.77.2.5/24 dev eth0", "addr add fd77:2::5/64 dev eth0 nodad", "addr add 10.77.3.1/24 dev far", "addr add fd77:3::1/64 dev far nodad",
            // Small by the route rather than the interface, so that the ends do not know.
            "route add 10.77.3.2/32 dev far mtu 1300", "route add fd77:3::2/128 dev far mtu 1300", "route add 10.77.3.3/32 dev far mtu 1300", "route add fd77:3::3/128 dev far mtu 1400",
            "route add default via 10.77.2.2 mtu 1300", "route add ::/0 via fd77:2::2 mtu 1300",
            // What far says as a VIP goes around the balancer.
            "rule add from 10.77.2.128/26 table 100", "route add default via 10.77.2.1 mtu 1300 table 100", "route add ::/0 via fd77:2::1 mtu 1300 table 100");
        await _hop.IpAsync("-6 rule add from fd77:2::1:0/112 table 100");
        await _far.IpBatchAsync(
        [
            "link set eth0 up", "route add default via 10.77.3.1 dev eth0 onlink", "link set tunl0 up", "link set ip6tnl0 up", "link set gre0 up", "link set ip6gre0 up", "fou add port 6080 gue", "fou add port 6080 gue -6",
            .. new[] { 2, 3 }.SelectMany(static number => new[] { $"addr add 10.77.3.{number}/24 dev eth0", $"addr add fd77:3::{number}/64 dev eth0 nodad" }),
            .. Enumerable.Range(1, Vips).SelectMany(number => new[] { $"addr add {Lab.Address($"VIP{number}", 4)}/32 dev lo", $"addr add {Lab.Address($"VIP{number}", 6)}/128 dev lo nodad" }),
            "route add ::/0 via fd77:3::1",
        ]);
        await Lab.Space("lb").IpBatchAsync(
            "route add 10.77.3.0/24 via 10.77.2.5", "route add fd77:3::/64 via fd77:2::5",
            // The kernel does not hear what routers say of its IPv6 tunnels, so who has smaller ones says it by the route.
            "route add fd77:3::3/128 via fd77:2::5 mtu 1400",
            $"route add {Lab["SERVER1_4"]}/32 dev eth0 mtu 1300", $"route add {Lab["SERVER1_6"]}/128 dev eth0 mtu 1300", $"route add {Lab["SERVER2_4"]}/32 dev eth0 mtu 1300", $"route add {Lab["SERVER2_6"]}/128 dev eth0 mtu 1400");
        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            foreach (var (space, name) in new[] { (Lab.Space("s1"), "s1"), (Lab.Space("s2"), "s2"), (Far, "far") })
                _held.AddRange(new[] { 80, 8080 }.Select(port => new TransferServer(space, family, port, name)));
        }

        _balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in _held)
            thing.Dispose();
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        _folder.Dispose();
        foreach (var space in new[] { _far, _hop })
        {
            if (space is not null)
                await space.DisposeAsync();
        }

        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Transfers_go_through_a_smaller_MTU_behind_the_balancer_and_behind_the_next_router()
    {
        int vip = 0;
        foreach (var (isFar, topology, tunnel) in Ways)
        {
            vip++;
            foreach (var family in (int[])[4, 6])
            {
                using var client = new IcmpListener(Lab.Space("client"), Family(family));
                using var far = new IcmpListener(Far, Family(family));
                var rule = await CreateAsync(topology, tunnel, family, vip, isFar, Protocol.Tcp);
                var to = new IPEndPoint(rule.Vip!, 80);
                var seen = topology == Topology.Nat ? Lab.Address("LB", family) : Lab.Address("CLIENT", family);
                // Down first: of a client that knows the way, the server would learn.
                var down = await TransferServer.DownloadAsync(Lab.Space("client"), to, Length);
                var up = await TransferServer.UploadAsync(Lab.Space("client"), to, Length);
                foreach (var transfer in (Transfer[])[down, up])
                    Assert.Equal((rule.Name, seen, true), (rule.Name, transfer.Peer, transfer.IsWhole));

                // The client was told, of its packet as it sent it, how much goes through (maybe just now).
                await Eventually.HoldsAsync(() =>
                {
                    Assert.NotEmpty(client.Errors);
                    return Task.CompletedTask;
                });
                var error = Assert.Single(client.Errors.DistinctBy(static error => (error.Kind, error.Destination)));
                Assert.Equal((rule.Name, family == 4 ? IcmpError.FragmentationNeeded4 : IcmpError.TooBig6, to), (rule.Name, error.Kind, error.Destination));
                Assert.Equal(Lab.Address("CLIENT", family), error.Source.Address);
                var whole = topology == Topology.Tun && family == 6 ? 1400 : 1300;
                Assert.Equal((rule.Name, whole - Overhead(topology, tunnel, family)), (rule.Name, await MtuAsync(rule.Vip!)));
                // What far has learned it remembers for the other ways.
                if (isFar && topology == Topology.HalfNat)
                {
                    var kind = family == 4 ? IcmpError.FragmentationNeeded4 : IcmpError.TooBig6;
                    await Eventually.HoldsAsync(() =>
                    {
                        Assert.Contains(kind, far.Errors.Select(static error => error.Kind));
                        return Task.CompletedTask;
                    });
                }
            }
        }
    }

    [Fact]
    public async Task A_servers_closed_port_is_told_to_the_client_as_that_of_the_VIP()
    {
        int vip = 0;
        foreach (var (isFar, topology, tunnel) in Ways)
        {
            vip++;
            foreach (var family in (int[])[4, 6])
            {
                using var errors = new IcmpListener(Lab.Space("client"), Family(family));
                var rule = await CreateAsync(topology, tunnel, family, vip, isFar, Protocol.Udp);
                using var client = Sockets.Open(Lab.Space("client"), Family(family), ProtocolType.Udp);
                await client.ConnectAsync(new IPEndPoint(rule.Vip!, 80), Cancellation);
                await client.SendAsync("?"u8.ToArray(), Cancellation);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
                limit.CancelAfter(TimeLimit.FromSeconds(10));
                var refusal = await Record.ExceptionAsync(async () => await client.ReceiveAsync(new byte[10], limit.Token));
                Assert.Equal((rule.Name, SocketError.ConnectionRefused), (rule.Name, (refusal as SocketException)?.SocketErrorCode));
                await Eventually.HoldsAsync(() =>
                {
                    Assert.Equal(
                        [new IcmpError(family == 4 ? IcmpError.PortUnreachable4 : IcmpError.PortUnreachable6, rule.Vip!, (IPEndPoint)client.LocalEndPoint!, new IPEndPoint(rule.Vip!, 80))],
                        errors.Errors);
                    return Task.CompletedTask;
                });
            }
        }
    }

    // By how much a tunnel's packets are longer.
    private static int Overhead(Topology topology, Tunnel? tunnel, int family) => topology == Topology.Tun
        ? (family == 4 ? 20 : 40) + (tunnel!.Kind switch { TunnelKind.Gre => 4, TunnelKind.Gue => 12, _ => 0 })
        : 0;

    private static AddressFamily Family(int family) => family == 4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    private async Task<int> MtuAsync(IPAddress to)
    {
        var found = Mtu().Match(await Lab.Space("client").IpAsync($"route get {to}"));
        return found.Success ? int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    private async Task<Rule> CreateAsync(Topology topology, Tunnel? tunnel, int family, int vip, bool isFar, Protocol protocol)
    {
        var isNat = topology is Topology.HalfNat or Topology.Nat;
        // Tunnels of IPv6 need 1280 bytes inside, so their servers have more.
        var number = topology == Topology.Tun ? 2 : 1;
        var server = isFar ? IPAddress.Parse($"{(family == 4 ? "10.77.3." : "fd77:3::")}{number + 1}") : Lab.Address($"SERVER{number}", family);
        var name = $"{topology}{tunnel?.Kind}-v{family}{(isFar ? "-far" : "")}-{protocol}";
        var group = new ServerGroup { Name = name, Servers = [new Server { Address = server, Ports = isNat ? 8080 : null }] };
        var rule = new Rule
        {
            Name = name,
            Vip = Lab.Address($"VIP{vip}", family),
            Ports = 80,
            Protocol = protocol,
            Topology = topology,
            Tunnel = tunnel,
            Interface = "eth0",
            ProxySource = topology == Topology.Nat ? new AddressSpan(Lab.Address("LB", family)) : null,
            ServerGroup = name,
        };
        Assert.True((await Balancer.ApplyAsync([new CreateServerGroup { ServerGroup = group }, new CreateRule { Rule = rule }], cancellationToken: Cancellation)).Converged);
        return rule;
    }

    [GeneratedRegex(@"\bmtu (\d+)")]
    private static partial Regex Mtu();
}
