using System.Text.Json;

namespace Ilb;

/// <summary>What the packet filter of others does to the traffic of the rules. Pure.</summary>
internal static class FilterChecks
{
    public static void Check(Facts facts, FindingList findings)
    {
        var rules = facts.Rules.ToArray();
        if (rules.Length == 0)
            return;
        CheckSight(facts.Kernel, findings);
        if (!facts.Filter.Chains.Any())
        {
            CheckGivenMarks(facts, rules, findings);
            return;
        }

        var up = facts.Kernel.LinksUp.Select(static link => link.Name).Take(2).ToArray();
        var isTracked = facts.Kernel.Setting("net/ipv4/vs/conntrack") == "1";
        var hits = new FilterHits(facts);
        foreach (var rule in rules.Select(static rule => rule.Rule).Where(static rule => rule.Rule.Vip is not null))
        {
            var mark = CompanionCompiler.Compile(rule).OfType<PacketMark>().FirstOrDefault();
            var path = new FilterPath(facts.Filter, rule.Rule, mark, isTracked, up is [var only] ? only : null);
            hits.Take(rule.Rule, mark, PathPart.Request, null, path.Request);
            foreach (var server in Facts.ServersOf(rule).Where(server => facts.InterfaceTo(server.Server.Address!) is not null))
            {
                var (address, ports, name) = (server.Server.Address!, server.Server.Ports, facts.InterfaceTo(server.Server.Address!));
                hits.Take(rule.Rule, mark, PathPart.Onward, server, isLater => path.Onward(address, ports, name, isLater));
                if (rule.Rule.Topology is Topology.HalfNat or Topology.Nat)
                    hits.Take(rule.Rule, mark, PathPart.Reply, server, isLater => path.Reply(address, ports, name, isLater));
            }
        }

        hits.Tell(findings);
        CheckGivenMarks(facts, rules, findings);
    }

    // What could not be looked at is said: silence would be taken for health.
    private static void CheckSight(KernelFacts kernel, FindingList findings)
    {
        if (kernel.FilterFailure is { } failure)
            findings.Add(FindingSeverity.Note, FindingKind.FilterUnknown, [], $"the packet filter was not looked at: {failure}", null);
        if (kernel.LegacyTables is not { Count: > 0 } and not null)
            return;
        findings.Add(FindingSeverity.Note, FindingKind.FilterUnknown, [], kernel.LegacyTables is { } tables
            ? $"tables of the old iptables are in use, which nft does not show and this does not look at: {string.Join(", ", tables)}"
            : "tables of the old iptables may be in use, which nft does not show and this does not look at", "iptables-legacy-save; ip6tables-legacy-save");
    }

    // A rule of a mark waits for what somebody else does.
    private static void CheckGivenMarks(Facts facts, RulePools[] rules, FindingList findings)
    {
        var given = facts.Filter.Chains.SelectMany(static chain => chain.Rules).SelectMany(static rule => rule.Statements).Where(IsMark).Select(static statement => statement.GetProperty("mangle").GetProperty("value")).ToArray();
        foreach (var rule in rules.Select(static rule => rule.Rule.Rule).Where(static rule => rule.FirewallMark is not null))
        {
            var mark = rule.FirewallMark!.Mark;
            if (facts.Kernel.FilterFailure is not null || given.Any(value => value.ValueKind != JsonValueKind.Number || (value.TryGetUInt32(out var number) && number == mark)))
                continue;
            var isOld = facts.Kernel.LegacyTables is not { Count: 0 };
            findings.Add(isOld ? FindingSeverity.Note : FindingSeverity.Warning, FindingKind.NotMarked, [rule.Name],
                $"rule {Quote.Of(rule.Name)} waits for packets of mark {mark}, and nothing that nft shows gives it{(isOld ? ", though the old iptables may" : "")}",
                $"nft add table inet marks\nnft 'add chain inet marks prerouting {{ type filter hook prerouting priority mangle; }}'\nnft add rule inet marks prerouting {(rule.FirewallMark.Family == IpFamily.Inet6 ? "ip6" : "ip")} daddr ADDRESS tcp dport PORT meta mark set {mark}");
        }

        static bool IsMark(JsonElement statement) => statement.ValueKind == JsonValueKind.Object && statement.TryGetProperty("mangle", out var mangle) && mangle.GetProperty("key").TryGetProperty("meta", out var meta) && meta.GetProperty("key").GetString() == "mark";
    }
}
