using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Integration.Tests.Topologies;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Diagnosis;

/// <summary>What the diagnosis says of ports, tables, addresses, servers and settings, as things are really brought about.</summary>
public sealed class SurroundingsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private LabTopology? _lab;
    private LoadBalancer? _balancer;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private LoadBalancer Balancer => _balancer ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync(4, 80);
        _balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        _folder.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Ports_of_translated_sources_are_told_before_they_are_used_up_and_when_they_are()
    {
        await CreateAsync(new Rule { Name = "full", Vip = IPAddress.Parse(Lab["VIP1_4"]), Ports = 80, Protocol = Protocol.Udp, Topology = Topology.Nat, ProxySource = AddressSpan.Parse(Lab["LB4"]), Interface = "eth0", ServerGroup = "g", NatTimeout = TimeSpan.FromMinutes(30) }, [1]);
        Lab.Space("lb").Sysctl(
            ("netfilter/nf_conntrack_udp_timeout", "1800"),
            ("netfilter/nf_conntrack_udp_timeout_stream", "1800"));
        await Flood.SwallowAsync(Lab.Space("s1"));
        Send(..47_000);
        Assert.DoesNotContain(await LookAsync(), static finding => finding.Kind == FindingKind.SourcePorts);
        await IsServedAsync("VIP1_4");

        Send(47_000..50_500);
        var near = Assert.Single(await LookAsync(), static finding => finding.Kind == FindingKind.SourcePorts);
        Assert.Equal((FindingSeverity.Warning, "full", "_g.0"), (near.Severity, near.Rules.Single(), near.Servers.Single().ToString()));
        Assert.Contains("proxy-src 10.77.2.2 has 61,439 ports", near.Message, StringComparison.Ordinal);
        await IsServedAsync("VIP1_4");

        Send(50_500..66_000);
        var full = Assert.Single(await LookAsync(), static finding => finding.Kind == FindingKind.SourcePorts);
        Assert.Equal(FindingSeverity.Error, full.Severity);
        Assert.Contains(await LookAsync(), static finding => finding is { Kind: FindingKind.ConnectionTracking, Severity: FindingSeverity.Warning });
        // Not the server's fault.
        await IsServedAsync("SERVER1_4");
        // The kernel tries a few hundred ports and gives up, so that first some get none and then more and more.
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => AskAsync()));
        Assert.Contains("none: timed out", answers);
    }

    [Fact]
    public async Task A_VIP_that_is_not_here_is_told_until_it_is()
    {
        await CreateAsync(new Rule { Name = "web", Vip = IPAddress.Parse(Lab["VIP1_4"]), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" }, [1, 2]);
        Assert.Equal((FindingKind.VipNotHere, FindingSeverity.Error), Worst(await LookAsync()));
        Assert.StartsWith("none", await AskAsync(Protocol.Tcp), StringComparison.Ordinal);
        // As it advises.
        await Balancer.SetRuleAsync(new SetRule { Name = "web", Interface = "eth0" }, cancellationToken: Cancellation);
        Assert.Empty(await LookAsync());
        Assert.StartsWith("s", await AskAsync(Protocol.Tcp), StringComparison.Ordinal);
        await Lab.InAsync("lb", "ip", "link", "set", "eth0", "down");
        Assert.Equal((FindingKind.VipNotHere, FindingSeverity.Error), Worst(await LookAsync()));
    }

    [Fact]
    public async Task IPv6_VIPs_that_are_sources_or_on_a_dummy_are_told()
    {
        await CreateAsync(new Rule { Name = "web", Vip = IPAddress.Parse(Lab["VIP1_6"]), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "g" }, [1], 6);
        await Lab.InAsync("lb", "ip", "addr", "add", $"{Lab["VIP1_6"]}/128", "dev", "eth0", "nodad");
        var source = Assert.Single(await LookAsync());
        Assert.Equal((FindingKind.VipAsSource, FindingSeverity.Warning), (source.Kind, source.Severity));
        Assert.Contains($" src {Lab["VIP1_6"]} ", await Lab.InAsync("lb", "ip", "route", "get", Lab["SERVER1_6"]), StringComparison.Ordinal);
        // The command as it stands.
        await Lab.InAsync("lb", "sh", "-ec", source.Advice!);
        Assert.Empty(await LookAsync());
        Assert.DoesNotContain($" src {Lab["VIP1_6"]} ", await Lab.InAsync("lb", "ip", "route", "get", Lab["SERVER1_6"]), StringComparison.Ordinal);
        await Lab.InAsync("lb", "sh", "-ec", $"ip addr del {Lab["VIP1_6"]}/128 dev eth0; ip link add dummy7 type dummy; ip link set dummy7 up; ip addr add {Lab["VIP1_6"]}/128 dev dummy7 nodad preferred_lft 0");
        Assert.Equal((FindingKind.VipNotHere, FindingSeverity.Warning), Worst(await LookAsync()));
        Assert.StartsWith("none", await AskAsync(Protocol.Tcp, "VIP1_6"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_cannot_be_reached_are_told()
    {
        await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "g", Servers = [.. new[] { Lab["SERVER1_4"], "10.77.2.99", Lab["CLIENT4"], Lab["LB4"] }.Select(static address => new Server { Address = IPAddress.Parse(address) })] }, cancellationToken: Cancellation);
        await Balancer.CreateRuleAsync(new Rule { Name = "web", Vip = IPAddress.Parse(Lab["VIP1_4"]), Ports = 80, Topology = Topology.Dsr, Interface = "eth0", ServerGroup = "g" }, cancellationToken: Cancellation);
        // Somebody asks in vain for 10.77.2.99.
        await AskAsync(Protocol.Tcp);
        await AskAsync(Protocol.Tcp);
        await AskAsync(Protocol.Tcp);
        await AskAsync(Protocol.Tcp);
        await Eventually.HoldsAsync(async () => Assert.Equal(
            [(FindingKind.ServerUnreachable, FindingSeverity.Error, "_g.1"), (FindingKind.ServerBehindRouter, FindingSeverity.Error, "_g.2"), (FindingKind.ServerLocal, FindingSeverity.Note, "_g.3")],
            (await LookAsync()).Select(static finding => (finding.Kind, finding.Severity, finding.Servers.Single().ToString()))));
    }

    [Fact]
    public async Task Settings_that_are_in_the_way_are_told_with_the_command_that_puts_them_right()
    {
        await CreateAsync(new Rule { Name = "web", Vip = IPAddress.Parse(Lab["VIP1_4"]), Ports = 80, Topology = Topology.HalfNat, Interface = "eth0", ServerGroup = "g", Persistence = new Persistence() }, [1, 2]);
        Assert.Empty(await LookAsync());
        Lab.Space("lb").Sysctl(
            ("ipv4/ip_forward", "0"),
            ("ipv4/conf/eth0/send_redirects", "1"),
            ("ipv4/vs/expire_quiescent_template", "0"),
            ("ipv4/vs/conn_reuse_mode", "0"),
            ("ipv4/vs/run_estimation", "0"),
            ("ipv4/vs/drop_entry", "3"),
            ("ipv4/vs/secure_tcp", "3"));
        Assert.StartsWith("none", await AskAsync(Protocol.Tcp), StringComparison.Ordinal);
        var found = await LookAsync();
        Assert.Equal(7, found.Count(static finding => finding.Kind == FindingKind.Setting));
        Assert.Equal(FindingSeverity.Error, found[0].Severity);
        foreach (var finding in found.Where(static finding => finding.Kind == FindingKind.Setting))
            await Lab.InAsync("lb", "sh", "-ec", finding.Advice!);
        Assert.Empty(await LookAsync());
        Assert.StartsWith("s", await AskAsync(Protocol.Tcp), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_table_of_tracked_connections_is_told()
    {
        await CreateAsync(new Rule { Name = "web", Vip = IPAddress.Parse(Lab["VIP1_4"]), Ports = 80, Topology = Topology.HalfNat, Interface = "eth0", ServerGroup = "g" }, [1, 2]);
        // Tracking is on where somebody's table needs it. The limit is one for all network namespaces.
        await Lab.NftAsync("table inet users {\n chain in {\n type filter hook input priority 0\n ct state established accept\n }\n}\n");
        using (new SharedSysctl("net/netfilter/nf_conntrack_max", "200"))
        {
            Send(..1000, port: 81);
            await Eventually.HoldsAsync(async () => Assert.Contains(await LookAsync(), static finding => finding is { Kind: FindingKind.ConnectionTracking, Severity: FindingSeverity.Error }));
            // Not each client fails: for some the kernel finds an unfinished connection in the same buckets to drop.
            await Eventually.HoldsAsync(async () => Assert.StartsWith("none", await AskAsync(Protocol.Tcp), StringComparison.Ordinal));
        }

        Assert.DoesNotContain(await LookAsync(), static finding => finding.Severity == FindingSeverity.Error);
        Assert.StartsWith("s", await AskAsync(Protocol.Tcp), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_of_somebody_else_and_an_outside_change_are_told()
    {
        await CreateAsync(new Rule { Name = "web", Vip = IPAddress.Parse(Lab["VIP1_4"]), Ports = 80, Topology = Topology.HalfNat, Interface = "eth0", ServerGroup = "g" }, [1, 2]);
        await Lab.InAsync("lb", "ipvsadm", "-d", "-t", $"{Lab["VIP1_4"]}:80", "-r", $"{Lab["SERVER1_4"]}:80");
        Assert.Equal((FindingKind.KernelDiffers, FindingSeverity.Warning), Worst(await LookAsync()));
        await Lab.InAsync("lb", "ipvsadm", "-C");
        Assert.Equal((FindingKind.KernelDiffers, FindingSeverity.Error), Worst(await LookAsync()));
        await Balancer.EnableRulesAsync(["web"], cancellationToken: Cancellation);
        await Balancer.DisableServersAsync([ServerId.Parse("_g.0"), ServerId.Parse("_g.1")], cancellationToken: Cancellation);
        var found = await LookAsync();
        Assert.Equal((FindingKind.NoServer, FindingSeverity.Error), Worst(found));
        Assert.Equal("no server of rule 'web' gets new connections: of 2 servers 2 are disabled", found[0].Message);
    }

    private static (FindingKind, FindingSeverity) Worst(ValueList<Finding> findings) => (findings[0].Kind, findings[0].Severity);

    private async Task CreateAsync(Rule rule, int[] servers, int family = 4)
    {
        await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "g", Servers = [.. servers.Select(number => new Server { Address = IPAddress.Parse(Lab[$"SERVER{number}_{family}"]) })] }, cancellationToken: Cancellation);
        Assert.True((await Balancer.CreateRuleAsync(rule, cancellationToken: Cancellation)).Converged);
    }

    private async Task<ValueList<Finding>> LookAsync() => (await Balancer.DiagnoseAsync(cancellationToken: Cancellation)).Findings;

    // The server has many datagrams to answer first.
    private Task IsServedAsync(string place) => Eventually.HoldsAsync(async () => Assert.StartsWith("s1:80", await AskAsync(vip: place), StringComparison.Ordinal));

    private void Send(Range clients, int port = 80) =>
        Flood.Send(Lab.Space("router"), new IPEndPoint(Lab.Address("VIP1", 4), port), clients);

    private async Task<string> AskAsync(Protocol protocol = Protocol.Udp, string vip = "VIP1_4") => (await Lab.AskAsync([(protocol, Lab[vip], 80)], patience: 1))[0];
}
