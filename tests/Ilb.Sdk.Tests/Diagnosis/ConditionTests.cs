using System.Net;

namespace Ilb.Tests.Diagnosis;

/// <summary>Conditions as nft 1.0.6 of a real kernel tells them, against packets.</summary>
public sealed class ConditionTests
{
    private static readonly Ruleset Rules = Ruleset.Parse(Read(), "ilb");

    // The first packet of a connection from anywhere to 10.77.2.129:80.
    private static readonly FilterPacket First = new()
    {
        IsV6 = false,
        Protocol = "tcp",
        Destination = Operand.Of(IPAddress.Parse("10.77.2.129")),
        SourcePort = Operand.Of(new PortRange(1024, 65535)),
        DestinationPort = Operand.Of(new PortRange(80)),
        State = "new",
        Flags = 0x02,
        Mark = 0,
        Input = new Operand.Other("lo"),
        Output = Operand.Of(""),
        DestinationKind = "local",
    };

    private static readonly FilterPacket Reply = First with
    {
        Source = First.Destination,
        Destination = null,
        SourcePort = First.DestinationPort,
        DestinationPort = First.SourcePort,
        State = "established",
        IsReply = true,
        Flags = 0x12,
        Mark = 0x10012,
        Input = Operand.Of("eth0"),
        DestinationKind = "unicast",
    };

    private static readonly FilterPacket Range = First with { IsV6 = true, Protocol = "udp", Destination = Operand.Of(IPAddress.Parse("fd77:2::1:1")), DestinationPort = Operand.Of(new PortRange(79, 81)), Flags = 0, State = "untracked" };

    // Of the first packet, the reply, and a datagram to ports 79-81 over IPv6.
    [Theory]
    [InlineData("ip saddr @blocked", "?--")]
    [InlineData("ip saddr @empty", "---")]
    [InlineData("ip saddr 10.0.0.0/8", "?+-")]
    [InlineData("ip daddr 10.77.2.129", "+?-")]
    [InlineData("ip daddr 10.77.2.130", "-?-")]
    [InlineData("ip daddr 10.77.2.128/26", "+?-")]
    [InlineData("ip daddr != 10.77.2.129", "-?-")]
    [InlineData("ip6 daddr fd77:2::1:1", "--+")]
    [InlineData("ip6 daddr fd77:2::/64", "--+")]
    [InlineData("tcp dport 80", "+--")]
    [InlineData("tcp dport { 22, 80-90 }", "+--")]
    [InlineData("tcp dport 81-90", "---")]
    [InlineData("tcp dport != 80", "-+-")]
    [InlineData("tcp dport < 80", "---")]
    [InlineData("tcp dport >= 80", "++-")]
    [InlineData("udp dport 80", "--?")]
    [InlineData("udp dport != 53", "--+")]
    [InlineData("th dport 80", "+-?")]
    [InlineData("meta l4proto tcp", "++-")]
    [InlineData("meta l4proto { udp, sctp }", "--+")]
    [InlineData("ip protocol tcp", "++-")]
    [InlineData("ip protocol icmp", "---")]
    [InlineData("ip6 nexthdr tcp", "---")]
    [InlineData("meta nfproto ipv4", "++-")]
    [InlineData("meta nfproto ipv6", "--+")]
    [InlineData("ct state new", "+--")]
    [InlineData("ct state established,related", "-+-")]
    [InlineData("ct state { new, untracked }", "+-+")]
    [InlineData("ct state != invalid", "+++")]
    [InlineData("ct state invalid", "---")]
    [InlineData("ct status dnat", "---")]
    [InlineData("ct direction original", "+--")]
    [InlineData("ct direction reply", "-+-")]
    [InlineData("ct mark 0x5", "??-")]
    [InlineData("iifname lo", "---")]
    [InlineData("iif lo", "---")]
    [InlineData("iifname eth0", "?+?")]
    [InlineData("iifname { eth1, tun0 }", "?-?")]
    [InlineData("iifname eth*", "?+?")]
    [InlineData("meta mark 0x0", "+-+")]
    [InlineData("meta mark 0x00010000/16", "-+-")]
    [InlineData("meta mark and 0xff == 0x12", "-+-")]
    [InlineData("tcp flags & (fin|syn|rst|ack) == syn", "+--")]
    [InlineData("tcp flags syn", "++-")]
    [InlineData("tcp flags & (syn|ack) == syn|ack", "-+-")]
    [InlineData("tcp flags ! fin,rst", "++-")]
    [InlineData("meta pkttype broadcast", "---")]
    [InlineData("fib daddr type local", "+-+")]
    [InlineData("fib daddr type != local", "-+-")]
    [InlineData("fib saddr . iif oif missing", "???")]
    [InlineData("ip ttl < 5", "??-")]
    [InlineData("ip daddr . tcp dport @pairs", "+--")]
    [InlineData("ip daddr . tcp dport { 10.77.2.129 . 443 }", "---")]
    [InlineData("ip saddr . tcp dport { 10.0.0.1 . 81 }", "---")]
    [InlineData("tcp dport @web", "+?-")]
    [InlineData("icmpv6 type nd-neighbor-solicit", "---")]
    [InlineData("limit rate over 10/second", "???")]
    [InlineData("ct count over 20", "???")]
    [InlineData("quota over 10 mbytes", "???")]
    [InlineData("tcp sport 22", "---")]
    [InlineData("tcp sport 1024-65535", "+--")]
    [InlineData("meta time < '2030-01-01 00:00:00'", "???")]
    [InlineData("tcp dport 80 update @dyn { ip saddr limit rate over 3/second }", "?--")]
    public void A_condition_holds_does_not_hold_or_cannot_be_told(string condition, string expected) =>
        Assert.Equal(expected, string.Concat(new[] { First, Reply, Range }.Select(packet => Try(condition, packet))));

    [Fact]
    public void All_conditions_that_were_captured_are_tried()
    {
        var tried = typeof(ConditionTests).GetMethod(nameof(A_condition_holds_does_not_hold_or_cannot_be_told))!.GetCustomAttributes(false).OfType<InlineDataAttribute>().Select(static data => (string)data.Data[0]!);
        Assert.Equal(Comments().Keys.Order(StringComparer.Ordinal), tried.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_condition_is_shown_as_nft_writes_it()
    {
        var shown = Comments().ToDictionary(static pair => pair.Key, static pair => FilterText.OfRule(pair.Value));
        Assert.Equal("ip saddr @blocked drop", shown["ip saddr @blocked"]);
        Assert.Equal("tcp dport { 22, 80-90 } drop", shown["tcp dport { 22, 80-90 }"]);
        Assert.Equal("ip daddr . tcp dport @pairs drop", shown["ip daddr . tcp dport @pairs"]);
        Assert.Equal("ct state established,related drop", shown["ct state established,related"]);
        Assert.Equal("fib saddr . iif oif missing drop", shown["fib saddr . iif oif missing"]);
        Assert.Equal("limit rate over 10/second drop", shown["limit rate over 10/second"]);
    }

    private static char Try(string condition, FilterPacket packet)
    {
        var chain = new FilterChain { Family = "inet", Table = "t", Name = "c", Hook = "input", Type = "filter" };
        chain.Rules.Add(Comments()[condition]);
        var effects = new List<FilterEffect>();
        var passes = ChainWalk.Pass(Rules, chain, ref packet, effects);
        Assert.Equal(effects is [{ Conditions.Count: 0 }], !passes);
        return effects switch { [] => '-', [{ Conditions.Count: 0 }] => '+', _ => '?' };
    }

    // The rules are in the order of their comments in the list.
    private static Dictionary<string, FilterRule> Comments()
    {
        var comments = System.Text.Json.JsonDocument.Parse(Read()).RootElement.GetProperty("nftables").EnumerateArray().Where(static item => item.TryGetProperty("rule", out _)).Select(static item => item.GetProperty("rule").GetProperty("comment").GetString()!);
        return comments.Zip(Rules.Chains.Single().Rules).ToDictionary(static pair => pair.First, static pair => pair.Second);
    }

    private static string Read()
    {
        using var stream = typeof(ConditionTests).Assembly.GetManifestResourceStream("conditions.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
