using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Whether the kernel holds the rules, and somebody serves them. Pure.</summary>
internal static class KernelChecks
{
    // The kernel's CONFIG_IP_VS_MH_TAB_INDEX and IP_VS_SH_TAB_BITS as they are by default.
    private const int MaglevSlots = 4093;
    private const int SourceHashBuckets = 256;

    public static void Check(Facts facts, FindingList findings)
    {
        var disabled = facts.All.Where(rule => !rule.Rule.Rule.Enabled && facts.Asked.Contains(rule.Rule.Rule.Name)).Select(static rule => rule.Rule.Rule.Name).ToArray();
        if (disabled.Length > 0)
            findings.Add(FindingSeverity.Note, FindingKind.RuleDisabled, disabled, $"{FindingList.OfRules(disabled)} {(disabled.Length == 1 ? "is" : "are")} disabled and not looked at", FindingList.Lines([.. disabled.Select(static name => $"ilbadm enable-rule {name}")]));
        var states = facts.State.Rules.ToDictionary(static rule => rule.Rule);
        foreach (var rule in facts.Rules)
        {
            if (states.TryGetValue(rule.Rule.Rule.Name, out var state))
                CheckKernel(rule, state, findings);
            if (state?.Kernel is not (KernelState.Foreign or KernelState.Missing))
                CheckService(rule, state, findings);
            CheckHash(rule, findings);
        }
    }

    private static void CheckKernel(RulePools rule, RuleState state, FindingList findings)
    {
        var name = rule.Rule.Rule.Name;
        switch (state.Kernel)
        {
            case KernelState.Foreign:
                var keys = rule.Pools.Where(static pool => pool.Found is not null).Select(static pool => pool.Wanted.Service.Key).ToArray();
                findings.Add(FindingSeverity.Error, FindingKind.ForeignService, [name], $"in the place of rule {Quote.Of(name)} the kernel has {(keys.Length > 1 ? "services" : "the service")} {string.Join(", ", keys.Take(3))}{(keys.Length > 3 ? ", …" : "")} of somebody else, and nothing is done to it: its packets go where that one says",
                    FindingList.Lines([.. keys.Select(static key => $"ipvsadm -D {Option(key)}")]) + $"\nilbadm enable-rule {name}");
                break;
            case KernelState.Missing:
                findings.Add(FindingSeverity.Error, FindingKind.KernelDiffers, [name], $"the kernel holds nothing of rule {Quote.Of(name)}: nobody is served", $"ilbadm enable-rule {name}");
                break;
            case KernelState.Different:
                findings.Add(FindingSeverity.Warning, FindingKind.KernelDiffers, [name], $"the kernel holds something else for rule {Quote.Of(name)} than it asks for: somebody has changed it, or the kernel refused a step", $"ilbadm enable-rule {name}");
                break;
        }
    }

    private static void CheckService(RulePools rule, RuleState? state, FindingList findings)
    {
        var (name, group) = (rule.Rule.Rule.Name, rule.Rule.Group);
        var wanted = rule.Pools.SelectMany(static pool => pool.Wanted.Destinations).ToArray();
        if (rule.Rule.Sorry is { } sorry && rule.Rule.Runtime.IsSorry && wanted.Any(static destination => destination.Weight > 0))
        {
            findings.Add(FindingSeverity.Warning, FindingKind.NoServer, [name], $"too few servers of rule {Quote.Of(name)} are able, so its sorry group {Quote.Of(sorry.Name)} serves: {Reasons(rule.Rule, state)}", $"ilbadm show-server -o all {name}");
            return;
        }

        if (wanted.Any(static destination => destination.Weight > 0))
            return;
        var advice = group.Servers.Count == 0 ? $"ilbadm add-server -s server=ADDRESS {group.Name}"
            : group.Servers.All(static server => !server.Enabled) ? $"ilbadm enable-server -g {group.Name}"
            : group.Servers.All(static server => server.Weight == 0) ? $"ilbadm set-server -s weight=1 -g {group.Name}"
            : $"ilbadm show-server -o all {name}";
        findings.Add(FindingSeverity.Error, FindingKind.NoServer, [name], $"no server of rule {Quote.Of(name)} gets new connections: {Reasons(rule.Rule, state)}", advice);
    }

    private static string Reasons(RuleCase rule, RuleState? state)
    {
        var servers = rule.Group.Servers;
        if (servers.Count == 0)
            return $"server group {Quote.Of(rule.Group.Name)} is empty";
        var health = state?.Servers.ToDictionary(static server => server.Server, static server => server.Health?.Status) ?? [];
        var enabled = servers.Where(static server => server.Enabled).ToArray();
        var able = new Able(rule);
        (int Count, string One, string Many)[] counts =
        [
            (servers.Count - enabled.Length, "is disabled", "are disabled"),
            (enabled.Count(server => Status(server) is ServerHealth.Dead), "is dead", "are dead"),
            (enabled.Count(server => Status(server) is ServerHealth.Unreachable), "does not answer a ping", "do not answer a ping"),
            (enabled.Count(server => Status(server) is ServerHealth.Unknown && !able.IsInService(server)), "has not been checked yet", "have not been checked yet"),
            (enabled.Count(static server => server.Weight == 0), "has weight 0", "have weight 0"),
        ];
        return $"of {servers.Count} server{(servers.Count == 1 ? "" : "s")} {string.Join(", ", counts.Where(static count => count.Count > 0).Select(static count => $"{count.Count} {(count.Count == 1 ? count.One : count.Many)}"))}";

        ServerHealth? Status(Server server) => health.GetValueOrDefault(rule.Group.IdOf(server));
    }

    // They are taken without a word, and those beyond get nothing.
    private static void CheckHash(RulePools rule, FindingList findings)
    {
        foreach (var scheduler in rule.Pools.DistinctBy(static pool => pool.Wanted.Service.Scheduler).Select(static pool => pool.Wanted))
        {
            var slots = scheduler.Service.Scheduler switch { "mh" => MaglevSlots, "sh" or "dh" => SourceHashBuckets, _ => int.MaxValue };
            var servers = scheduler.Destinations.Count(static destination => destination.Weight > 0);
            if (servers > slots)
            {
                findings.Add(FindingSeverity.Warning, FindingKind.TooManyServers, [rule.Rule.Rule.Name], $"rule {Quote.Of(rule.Rule.Rule.Name)} has {servers} servers, and its scheduler {scheduler.Service.Scheduler} has {slots} places: the others get no connections",
                    "give it fewer servers, or another algorithm, such as 'ilbadm set-rule -m lbalg=wlc'");
            }
        }
    }

    private static string Option(IpvsServiceKey key) => key.Address is null
        ? $"-f {key.FirewallMark}{(key.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? " -6" : "")}"
        : $"{key.Protocol switch { IpvsProtocol.Udp => "-u", IpvsProtocol.Sctp => "--sctp-service", _ => "-t" }} {IpvsAddressText(key)}";

    private static string IpvsAddressText(IpvsServiceKey key) => $"{NumericAddress.Bracketed(key.Address!)}:{key.Port}";
}
