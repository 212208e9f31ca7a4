using System.Net;
using Ilb.Integration.Tests.Topologies;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Diagnosis;

/// <summary>What the diagnosis says of somebody's packet filter, against what becomes of real packets: an error of a rule exactly where its clients get no answer.</summary>
public sealed class FilterTests : IAsyncLifetime
{
    // Servers answer at these ports with their own name and whom they see.
    private static readonly int[] Ports = [80, 7001];

    private readonly TemporaryFolder _folder = new();
    private LabTopology? _lab;
    private LoadBalancer? _balancer;
    private Rule[] _rules = [];

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private LoadBalancer Balancer => _balancer ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync(7, Ports);
        _balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        _rules =
        [
            Make("half", 1, Topology.HalfNat, 80),
            Make("full", 2, Topology.Nat, 80) with { ProxySource = AddressSpan.Parse(Lab["LB4"]) },
            Make("dsr", 3, Topology.Dsr, 80),
            Make("tun", 4, Topology.Tun, 80),
            Make("range", 5, Topology.HalfNat, new PortRange(7000, 7002)),
            Make("udp", 6, Topology.HalfNat, 80) with { Protocol = Protocol.Udp },
            Make("half6", 7, Topology.HalfNat, 80) with { Vip = IPAddress.Parse(Lab["VIP7_6"]), ServerGroup = "g6" },
        ];
        ServerGroup[] groups = [.. new[] { 4, 6 }.Select(family => new ServerGroup { Name = $"g{family}", Servers = [.. new[] { 1, 2 }.Select(number => new Server { Address = IPAddress.Parse(Lab[$"SERVER{number}_{family}"]) })] })];
        var result = await Balancer.ApplyAsync([.. groups.Select(static group => new CreateServerGroup { ServerGroup = group }), .. _rules.Select(static rule => new CreateRule { Rule = rule })], cancellationToken: Cancellation);
        Assert.True(result.Converged);
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        _folder.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    private Case[] Cases =>
    [
        new("nothing", "", ""),
        new("input lets nothing in", Chain("filter", "input", 0, "drop", "ct state established,related accept", "tcp dport 22 accept"), "half full dsr tun range udp half6"),
        new("input lets the VIPs in", Chain("filter", "input", 0, "drop", "iifname lo accept", "ct state established,related accept", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept", "tcp dport { 80, 7000-7010 } accept", "udp dport 80 accept"), ""),
        new("input lets one VIP in", Chain("filter", "input", 0, "drop", "icmpv6 type nd-neighbor-solicit accept", $"ip daddr {Lab["VIP1_4"]} tcp dport 80 accept"), "full dsr tun range udp half6"),
        new("a set of VIPs is rejected", $$"""
            table ip users {
              set vips {
                type ipv4_addr . inet_service
                elements = { {{Lab["VIP1_4"]}} . 80, {{Lab["VIP3_4"]}} . 81 }
              }
              chain input {
                type filter hook input priority -10
                ip daddr . tcp dport @vips reject with tcp reset
              }
            }
            """, "half"),
        new("what comes after IPVS does not matter", Chain("filter", "input", 150, "drop", "icmpv6 type nd-neighbor-solicit accept", "udp dport 1 accept"), ""),
        new("a jump leads to the drop", """
            table inet users {
              chain strict {
                tcp dport 80 drop
              }
              chain input {
                type filter hook input priority 0
                meta l4proto vmap { tcp : jump strict, udp : accept }
              }
            }
            """, "half full dsr tun half6"),
        new("output drops what goes to the servers", Chain("filter", "output", 0, "accept", $"ip daddr {Lab["SERVER1_4"]} drop", $"ip daddr {Lab["SERVER2_4"]} drop"), "half full tun range udp"),
        new("output knows no tunnels", Chain("filter", "output", 0, "drop", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept", "meta l4proto { tcp, udp } accept"), "tun"),
        new("forward knows only what is established", Chain("filter", "forward", 0, "drop", "ct state established,related accept"), ""),
        new("forward lets nothing back", Chain("filter", "forward", 0, "drop", "tcp dport 22 accept"), "half full range udp half6"),
        new("forward drops the VIPs' replies", Chain("filter", "forward", 150, "accept", "tcp sport 80 drop"), "half full half6"),
        new("prerouting drops", Chain("filter", "prerouting", -160, "accept", "tcp dport 7000-7002 drop"), "range"),
        new("somebody else takes a VIP", Chain("nat", "prerouting", -100, "accept", $"ip daddr {Lab["VIP1_4"]} tcp dport 80 dnat ip to {Lab["LB4"]}:81"), "half"),
        new("and another port of it", Chain("nat", "prerouting", -100, "accept", $"ip daddr {Lab["VIP1_4"]} tcp dport 81 redirect to :82"), ""),
        new("full NAT is not tracked", Chain("filter", "prerouting", -300, "accept", "tcp dport 80 notrack"), "full"),
        new("replies of full NAT are not tracked", Chain("filter", "prerouting", -300, "accept", "tcp sport 80 notrack"), "half full half6"),
        new("nothing of the service is tracked", Chain("filter", "prerouting", -300, "accept", "tcp sport 80 notrack", "tcp dport 80 notrack"), "full"),
        new("DSR is masqueraded", Chain("nat", "postrouting", 100, "accept", $"ip daddr {Lab["VIP3_4"]} masquerade"), "dsr"),
        new("marks after ours", Chain("filter", "prerouting", -140, "accept", "meta mark set 0x5"), "range"),
        new("other bits of marks after ours", Chain("filter", "prerouting", -140, "accept", "meta mark set meta mark | 0x5"), "range"),
        new("other bits of marks before ours", Chain("filter", "prerouting", -160, "accept", "meta mark set 0x5"), "range"),
        new("our bits of marks before ours", Chain("filter", "prerouting", -160, "accept", "meta mark set 0x00050000"), ""),
        new("invalid is dropped, DSR is tracked", Chain("filter", "input", 0, "accept", "ct state invalid drop"), "dsr tun"),
    ];

    [Fact]
    public async Task An_error_of_a_rule_stands_exactly_where_its_clients_get_no_answer()
    {
        var wrong = new List<string>();
        foreach (var trial in Cases)
            wrong.AddRange(await TryAsync(trial, "1"));
        if (wrong.Count > 0)
            Assert.Fail(string.Join('\n', wrong));
    }

    // Where IPVS leaves connection tracking alone, the first reply looks like nothing that anybody has asked for.
    [Fact]
    public async Task Without_connection_tracking_of_IPVS_a_stateful_firewall_hits_replies()
    {
        await Balancer.DeleteRulesAsync(["full"], cancellationToken: Cancellation);
        _rules = [.. _rules.Where(static rule => rule.Name != "full")];
        var wrong = new List<string>();
        foreach (var trial in (Case[])
        [
            new("nothing", "", ""),
            new("forward knows only what is established", Chain("filter", "forward", 0, "drop", "ct state established,related accept"), "half range udp half6"),
            new("forward drops what is invalid", Chain("filter", "forward", 0, "accept", "ct state invalid drop"), "half range half6"),
            new("input drops what is invalid", Chain("filter", "input", 0, "accept", "ct state invalid drop"), ""),
            new("output lets only established pass", Chain("filter", "output", 0, "drop", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept", "ct state { new, established } accept"), "half dsr range udp half6"),
            new("masquerade does nothing", Chain("nat", "postrouting", 100, "accept", "masquerade"), ""),
            new("notrack does nothing", Chain("filter", "prerouting", -300, "accept", "notrack"), ""),
        ])
        {
            wrong.AddRange(await TryAsync(trial, "0"));
        }

        if (wrong.Count > 0)
            Assert.Fail(string.Join('\n', wrong));
    }

    // Each rule with the traffic that it really gets.
    private async Task<List<string>> TryAsync(Case trial, string conntrack)
    {
        Lab.Space("lb").Sysctl(("ipv4/vs/conntrack", conntrack));
        if (trial.Nft.Length > 0)
            await Lab.NftAsync(trial.Nft);
        var wrong = new List<string>();
        try
        {
            var diagnosis = await Balancer.DiagnoseAsync(cancellationToken: Cancellation);
            var errors = diagnosis.Findings.Where(static finding => finding.Severity == FindingSeverity.Error).SelectMany(static finding => finding.Rules).ToHashSet();
            var told = string.Join("; ", diagnosis.Findings);
            var answers = await Lab.AskAsync(_rules.Select(static rule => (rule.Protocol, rule.Vip!.ToString(), rule.Ports!.Count == 1 ? 80 : 7001)), patience: 0.5);
            foreach (var (rule, answer) in _rules.Zip(answers))
            {
                // The servers here answer by way of the balancer even if they see the clients, which those of full NAT need not.
                var isHit = answer.StartsWith("none", StringComparison.Ordinal) || (rule.Name == "full" && !answer.Contains($" {Lab["LB4"]} ", StringComparison.Ordinal));
                if (errors.Contains(rule.Name) != isHit)
                    wrong.Add($"{trial.Name}, conntrack={conntrack}: rule {rule.Name} {(isHit ? "is hit" : "is not hit")} ({answer}), and it is said: {told}");
                if (trial.Hit.Split(' ').Contains(rule.Name) != isHit)
                    wrong.Add($"{trial.Name}, conntrack={conntrack}: rule {rule.Name} {(isHit ? "is hit" : "is not hit")}, expected was: {trial.Hit}");
            }
        }
        finally
        {
            // Added first, so that it is there to be deleted.
            await Lab.NftAsync("""
                add table inet users
                delete table inet users
                add table ip users
                delete table ip users
                """);
        }

        return wrong;
    }

    private static string Chain(string type, string hook, int priority, string policy, params string[] rules) =>
        $"table inet users {{\n chain {hook} {{\n type {type} hook {hook} priority {priority}; policy {policy};\n {string.Join('\n', rules)}\n }}\n}}\n";

    private Rule Make(string name, int vip, Topology topology, PortRange ports) =>
        new() { Name = name, Vip = IPAddress.Parse(Lab[$"VIP{vip}_4"]), Ports = ports, Topology = topology, Interface = "eth0", ServerGroup = "g4" };

    private sealed record Case(string Name, string Nft, string Hit);
}
