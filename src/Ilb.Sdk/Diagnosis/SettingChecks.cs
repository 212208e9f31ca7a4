using System.Globalization;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Settings of the kernel that are in the way. Pure.</summary>
internal static class SettingChecks
{
    public static void Check(Facts facts, FindingList findings)
    {
        var rules = facts.Rules.Select(static rule => rule.Rule.Rule).ToArray();
        if (rules.Length == 0)
            return;
        var settings = new SettingFindings(facts.Kernel, findings);
        CheckForwarding(rules, settings);
        CheckIpvs([.. facts.Rules.Select(static rule => rule.Rule)], rules, settings);
        CheckReversePath(facts, rules, findings);
        CheckSynchronization(facts, rules, findings);
    }

    private static void CheckForwarding(Rule[] rules, SettingFindings settings)
    {
        var translated = rules.Where(static rule => rule.Topology is Topology.HalfNat or Topology.Nat).ToArray();
        settings.Expect(FindingSeverity.Error, "net/ipv4/ip_forward", "0", "1", [.. translated.Where(static rule => !IsV6(rule))], "replies of servers are not forwarded to the clients");
        settings.Expect(FindingSeverity.Error, "net/ipv6/conf/all/forwarding", "0", "1", [.. translated.Where(IsV6)], "replies of servers are not forwarded to the clients");
        settings.ExpectEach("net/ipv4/conf/*/send_redirects", "0", [.. rules.Where(static rule => rule.Topology == Topology.HalfNat && !IsV6(rule))],
            "where clients and servers share a network, servers are told a way around this machine, and connections break at random");
    }

    private static void CheckIpvs(RuleCase[] cases, Rule[] rules, SettingFindings settings)
    {
        settings.Expect(FindingSeverity.Error, "net/ipv4/vs/conntrack", "0", "1", [.. rules.Where(static rule => rule.Topology == Topology.Nat)], "sources are not translated, and replies of servers go around this machine");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/expire_quiescent_template", "0", "1", [.. rules.Where(static rule => rule.Persistence is not null)], "sticky clients go on to be sent to a server that is disabled or dead");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/expire_nodest_conn", "0", "1", Asking(cases, "net/ipv4/vs/expire_nodest_conn"),
            "connections that are cut, as those of a dead or drained server, are not ended but dropped in silence, until their clients give up");
        var oneSided = Asking(cases, "net/ipv4/vs/conn_reuse_mode");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/conn_reuse_mode", static value => value != "3", "3", oneSided, "a client that uses a port again within two minutes is sent to the server of then, even if that has left");
        if (oneSided.Length == 0)
            settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/conn_reuse_mode", "0", "1", rules, "a client that uses a port again is sent to the server of its old connection, even if that has left");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/run_estimation", "0", "1", rules, "the kernel's counters stand still, and so do the statistics");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/drop_entry", static value => value is "2" or "3", "0", rules, "the kernel forgets connections by chance, as a defence against floods");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/drop_packet", static value => value is "2" or "3", "0", rules, "the kernel drops packets by chance, as a defence against floods");
        settings.Expect(FindingSeverity.Warning, "net/ipv4/vs/secure_tcp", static value => value is "2" or "3", "0", rules, "TCP connections get shorter timeouts than they should, as a defence against floods");
    }

    // Who drops packets for that counts them: without a number it is only a possibility.
    private static void CheckReversePath(Facts facts, Rule[] rules, FindingList findings)
    {
        var v4 = rules.Where(static rule => !IsV6(rule)).Select(static rule => rule.Name).ToArray();
        var values = SettingFindings.Each(facts.Kernel.Setting("net/ipv4/conf/*/rp_filter"));
        var strict = facts.Kernel.LinksUp.Select(static link => link.Name).Where(name => Math.Max(ValueOf(values, "all"), ValueOf(values, name)) == 1).ToArray();
        if (v4.Length == 0 || strict.Length == 0 || (facts.Kernel.LinksUp.Count() < 2 && facts.Kernel.ReversePathDrops == 0))
            return;
        var hasDropped = facts.Kernel.ReversePathDrops > 0;
        findings.Add(hasDropped ? FindingSeverity.Warning : FindingSeverity.Note, FindingKind.Setting, v4,
            string.Create(CultureInfo.InvariantCulture, $"rp_filter is strict (1) on {string.Join(", ", strict)}: packets from clients that come by another interface than the one that leads back to them are dropped{(hasDropped ? $", since boot {facts.Kernel.ReversePathDrops:N0}" : "")}"),
            string.Join('\n', strict.Select(static name => $"sysctl -w net.ipv4.conf.{name.Replace('.', '/')}.rp_filter=2")));
    }

    private static void CheckSynchronization(Facts facts, Rule[] rules, FindingList findings)
    {
        if (facts.Kernel.SyncDaemons.Count == 0)
            return;
        var translated = rules.Where(static rule => rule.Topology == Topology.Nat).Select(static rule => rule.Name).ToArray();
        if (translated.Length > 0)
            findings.Add(FindingSeverity.Note, FindingKind.Synchronization, translated, $"connections of {FindingList.OfRules(translated)} end at a failover: the translation of their sources is not synchronised", "type=HALF-NAT, DSR and TUN are");
        if (facts.Kernel.Setting("net/ipv4/vs/backup_only") is not (null or "0") && facts.Kernel.SyncDaemons.Any(static daemon => daemon.Role == IpvsSyncRole.Backup))
        {
            findings.Add(FindingSeverity.Warning, FindingKind.Synchronization, rules.Select(static rule => rule.Name), "this machine is a backup (net.ipv4.vs.backup_only and a backup daemon): it forwards nothing of its rules", "sysctl -w net.ipv4.vs.backup_only=0");
        }
    }

    // The rules for which the engine itself sets it.
    private static Rule[] Asking(RuleCase[] cases, string path) => [.. cases.Where(rule => CompanionCompiler.Compile(rule).OfType<KernelSetting>().Any(setting => setting.Path == path)).Select(static rule => rule.Rule)];

    private static int ValueOf(IReadOnlyDictionary<string, string> values, string name) =>
        int.TryParse(values.GetValueOrDefault(name) ?? values.GetValueOrDefault(""), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static bool IsV6(Rule rule) => rule.Vip is { } vip ? FilterNames.IsV6(vip) : rule.FirewallMark?.Family == IpFamily.Inet6;
}
