using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>What Ilb puts into a real kernel beside IPVS, as nft, ip and sysctl see it.</summary>
public sealed class SurroundingsTests : KernelTest
{
    private static readonly ServerGroup Group = new() { Name = "g", Servers = ServerSpec.Parse("10.1.0.1-10.1.0.2") };
    private static readonly Rule Range = new() { Name = "range", Vip = IPAddress.Parse("192.0.2.1"), Ports = new PortRange(8000, 8010), Topology = Topology.HalfNat, ServerGroup = "g" };

    // What messages about rule 501 name: its chain, its counter, or its VIP in a map.
    private static readonly byte[][] Ours = ["mark_501\0"u8.ToArray(), "rule_501\0"u8.ToArray(), [192, 0, 2, 1]];

    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_table_that_others_have_changed_is_healed_and_their_own_is_left_alone()
    {
        await using var balancer = Open();
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group }, new CreateRule { Rule = Range }, new CreateRule { Rule = Full("nat", 2) }], cancellationToken: Cancellation);
        await Space.NftAsync("add table inet users\nadd set inet users s { type ipv4_addr; }\nadd element inet users s { 192.0.2.9 }");
        var before = await RulesetAsync();
        foreach (var harm in (string[])
        [
            "delete element inet ilb ports_tcp4 { 192.0.2.1 . 8000-8010 }",
            "flush chain inet ilb mark_1",
            "flush chain inet ilb mark_in",
            "flush chain inet ilb source_2",
            "add element inet ilb ports_udp4 { 192.0.2.7 . 53 : accept }",
            "add chain inet ilb more",
            "delete table inet ilb",
        ])
        {
            await Space.NftAsync(harm);
            Assert.NotEqual(before, await RulesetAsync());
            Assert.Contains((await balancer.GetStateAsync(Cancellation)).Rules, static rule => rule.Kernel == KernelState.Different);
            Assert.True((await balancer.EnableRulesAsync(["range"], cancellationToken: Cancellation)).Converged);
            Assert.Equal(before, await RulesetAsync());
        }

        await balancer.DeleteRulesAsync(["range", "nat"], cancellationToken: Cancellation);
        Assert.DoesNotContain("table inet ilb", await RulesetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_marks_packets_too_keeps_the_bits_that_are_not_ours()
    {
        await using var balancer = LoadBalancer.Create(Options with { Node = new NodeSettings { Marks = new MarkSettings { Mask = 0x0ff0, Base = 0x3 } } });
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group }, new CreateRule { Rule = Range }], cancellationToken: Cancellation);
        var chain = await Space.RunAsync("nft", ["--stateless", "list", "chain", "inet", "ilb", "mark_1"]);
        Assert.Contains("meta mark & 0xfffff01f | 0x00000013", chain, StringComparison.Ordinal);
        Assert.Contains("FWM  19", await Space.IpvsadmAsync("-Ln"), StringComparison.Ordinal);
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync(Cancellation)).Rules[0].Kernel);
    }

    [Fact]
    public async Task Of_a_thousand_ranges_one_is_changed_without_touching_the_others_or_their_counters()
    {
        await using var balancer = LoadBalancer.Create(Options with { KeepsKernel = true, AuditInterval = TimeSpan.FromHours(1) });
        Change[] changes = [new CreateServerGroup { ServerGroup = Group }, .. Enumerable.Range(0, 1000).Select(static i => new CreateRule { Rule = Range with { Name = $"r{i}", Protocol = i == 250 ? Protocol.Udp : Protocol.Tcp, Vip = IPAddress.Parse($"192.0.{i / 250}.{(i % 250) + 1}") } })];
        Assert.True((await balancer.ApplyAsync(changes, cancellationToken: Cancellation)).Converged);
        Assert.Equal(1000, Count(await RulesetAsync(), "goto mark_"));

        // Own packets are marked too, and so counted.
        await Space.IpAsync("route add local 192.0.0.0/16 dev lo");
        using var client = Sockets.Open(Space, AddressFamily.InterNetwork, ProtocolType.Udp);
        await client.SendToAsync("?"u8.ToArray(), new IPEndPoint(IPAddress.Parse("192.0.1.1"), 8003), Cancellation);
        Assert.Equal("packets 1 bytes 29", await CounterAsync(251));

        using var listener = new NftListener(Space);
        foreach (var apply in (Func<Task<ApplyResult>>[])
        [
            () => balancer.SetRuleAsync(new SetRule { Name = "r500", Ports = new PortRange(9000, 9005) }, cancellationToken: Cancellation),
            () => balancer.DisableRulesAsync(["r500"], cancellationToken: Cancellation),
            () => balancer.EnableRulesAsync(["r500"], cancellationToken: Cancellation),
        ])
        {
            var result = await apply();
            var told = listener.Read();
            Assert.True(result.Converged);
            Assert.InRange(result.Steps.Count, 1, 4);
            Assert.All(result.Steps, static step => Assert.Matches(" (TCP 192\\.0\\.2\\.1:9000-9005|FWM 32833536)", step.ToString()));
            Assert.Single(told, static message => message.StartsWith("transaction ", StringComparison.Ordinal));
            told = [.. told.Where(static message => !message.StartsWith("transaction ", StringComparison.Ordinal))];
            // What changes in the packet filter is a chain, its rule, a counter, and an element of a map: each of this rule.
            Assert.InRange(told.Length, 1, 8);
            Assert.InRange(told.Count(static message => message.Contains(" element ", StringComparison.Ordinal)), 1, 2);
            Assert.All(told, static message => Assert.True(Ours.Any(name => message.Contains(Convert.ToHexStringLower(name), StringComparison.Ordinal)), message));
            Assert.Equal("packets 1 bytes 29", await CounterAsync(251));
        }

        var after = await RulesetAsync();
        Assert.Equal((1000, 1), (Count(after, "goto mark_"), Count(after, "192.0.2.1 . 9000-9005 : goto mark_501")));
    }

    [Fact]
    public async Task An_address_is_announced_and_only_ours_is_taken_away()
    {
        await Space.IpBatchAsync("link add veth0 type veth peer name veth1", "link set veth0 up", "link set veth1 up", "addr add 192.0.2.2/32 dev veth0");
        await using var balancer = LoadBalancer.Create(Options with { Node = new NodeSettings { Interfaces = [new InterfaceName { Name = "outside", Local = "veth0" }] } });
        Rule[] rules = [Range with { Interface = "outside" }, Range with { Name = "b", Vip = IPAddress.Parse("192.0.2.2"), Interface = "outside" }];
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group }, .. rules.Select(static rule => new CreateRule { Rule = rule })], cancellationToken: Cancellation);
        Assert.Contains("192.0.2.1/32", await Space.IpAsync("addr show dev veth0"), StringComparison.Ordinal);
        await balancer.DeleteRulesAsync(["range", "b"], cancellationToken: Cancellation);
        var left = await Space.IpAsync("addr show dev veth0");
        Assert.DoesNotContain("192.0.2.1/32", left, StringComparison.Ordinal);
        Assert.Contains("192.0.2.2/32", left, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_longest_timeout_counts_and_the_kernels_own_comes_back()
    {
        await using var balancer = Open();
        var before = await Space.IpvsadmAsync("-L --timeout");
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group }, new CreateRule { Rule = Range with { NatTimeout = TimeSpan.FromSeconds(77) } }, new CreateRule { Rule = Range with { Name = "b", Ports = 80, NatTimeout = TimeSpan.FromSeconds(200) } }], cancellationToken: Cancellation);
        Assert.Contains(": 200 120 300", await Space.IpvsadmAsync("-L --timeout"), StringComparison.Ordinal);
        await balancer.DeleteRulesAsync(["b"], cancellationToken: Cancellation);
        Assert.Contains(": 77 120 300", await Space.IpvsadmAsync("-L --timeout"), StringComparison.Ordinal);
        await balancer.DeleteRulesAsync(["range"], cancellationToken: Cancellation);
        Assert.Equal(before, await Space.IpvsadmAsync("-L --timeout"));
    }

    [Fact]
    public async Task An_interface_that_is_not_there_is_said_and_the_rule_works_without()
    {
        await using var balancer = Open();
        var result = await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Group }, new CreateRule { Rule = Range with { Interface = "eth9" } }], cancellationToken: Cancellation);
        Assert.False(result.Converged);
        Assert.StartsWith("there is no interface eth9", Assert.Single(result.Steps, static step => step.Failure is not null).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("goto mark_1", await RulesetAsync(), StringComparison.Ordinal);
    }

    private LoadBalancerOptions Options => _folder.Options with { NetworkNamespace = Space.Path };

    private LoadBalancer Open() => LoadBalancer.Create(Options);

    private static Rule Full(string name, byte number) => Range with { Name = name, Vip = new IPAddress([192, 0, 2, number]), Topology = Topology.Nat, ProxySource = AddressSpan.Parse("10.1.0.100-10.1.0.109") };

    // Sorted: what is made anew stands elsewhere in nft's list.
    private async Task<string> RulesetAsync() => string.Join('\n', (await Space.RunAsync("nft", ["--stateless", "list", "ruleset"])).Split('\n').Order(StringComparer.Ordinal));

    private async Task<string> CounterAsync(int number) => Regex.Match(await Space.RunAsync("nft", ["list", "counter", "inet", "ilb", $"rule_{number}"]), @"packets \d+ bytes \d+").Value;

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
