using System.Globalization;

namespace Ilb;

/// <summary>Whether there is room for more connections: ports of translated sources, the table of tracked connections. Pure.</summary>
internal static class CapacityChecks
{
    /// <summary>The ports that a source has for each port of a server, 4096–65534.</summary>
    public const int PortsOfSource = 61_439;

    private const int WarnPercent = 80;

    // The kernel tries a client's own port, then rows of 128, 64, 32 and 16 from random places (nf_nat_l4proto_unique_tuple in net/netfilter/nf_nat_core.c), and gives up. Ports in use stand in rows too, so that in the lab
    // some connections failed at 82 % and a quarter at 99 %.
    private const int FullPercent = 98;

    private const int TablePercent = 90;

    public static void Check(Facts facts, FindingList findings)
    {
        CheckSources(facts, findings);
        CheckTable(facts, findings);
    }

    private static void CheckSources(Facts facts, FindingList findings)
    {
        var ways = facts.All.Where(static rule => rule.Rule.Rule is { Enabled: true, Topology: Topology.Nat, ProxySource: not null }).SelectMany(static rule => Facts.ServersOf(rule.Rule).SelectMany(server => rule.Pools
            .Select(pool => pool.DestinationOf(server.Server)).Where(static state => state is not null)
            .Select(state => (rule.Rule.Rule, Server: server, state!.Destination.Address, state.Destination.Port, Connections: (long)state.ActiveConnections + state.InactiveConnections))));
        // Rules that share sources and servers share ports.
        foreach (var same in ways.GroupBy(static way => (way.Address, way.Port, way.Rule.Protocol, way.Rule.ProxySource)))
        {
            var rules = same.Select(static way => way.Rule.Name).Distinct().ToArray();
            if (!rules.Any(facts.Asked.Contains))
                continue;
            var sources = same.Key.ProxySource!;
            var (used, room) = (same.Sum(static way => way.Connections), PortsOfSource * (long)sources.Count);
            var percent = used * 100 / room;
            if (percent < WarnPercent)
                continue;
            var isFull = percent >= FullPercent;
            // Where a server keeps the packet's ports, each of them has its own room.
            var isMany = same.Key.Port == 0;
            var consequence = isFull ? $"new ones {(isMany ? "may " : "")}find none, more and more of them, and are lost without an answer" : "some new ones may find none already and are lost without an answer, for the kernel tries a few hundred ports only";
            findings.Add(isFull && !isMany ? FindingSeverity.Error : FindingSeverity.Warning, FindingKind.SourcePorts, rules,
                string.Create(CultureInfo.InvariantCulture, $"{FindingList.OfServers(same.Select(static way => way.Server))} has {used:N0} connections of {FindingList.OfRules(rules)}{(isMany ? " at all its ports together" : "")}, and proxy-src {sources} has {room:N0} ports for them: {consequence}"),
                FindingList.Lines([.. rules.Select(name => $"ilbadm set-rule -m proxy-src={sources.First}-MORE-ADDRESSES {name}")]) + "\n# or add servers, or let idle connections go sooner: ilbadm set-rule -t nat-timeout=…",
                same.Select(static way => way.Server.Id));
        }
    }

    private static void CheckTable(Facts facts, FindingList findings)
    {
        if (facts.Rules.Select(static rule => rule.Rule.Rule.Name).ToArray() is not { Length: > 0 } rules)
            return;
        var kernel = facts.Kernel;
        var isFull = false;
        if (kernel.Number("net/netfilter/nf_conntrack_count") is { } count && kernel.Number("net/netfilter/nf_conntrack_max") is > 0 and var max && count * 100 / max is >= TablePercent and var percent)
        {
            isFull = count >= max;
            findings.Add(isFull ? FindingSeverity.Error : FindingSeverity.Warning, FindingKind.ConnectionTracking, rules,
                string.Create(CultureInfo.InvariantCulture, $"the table of tracked connections has {count:N0} of {max:N0} entries: {(isFull ? "new connections, of the rules too, are dropped" : "when it is full, new connections, of the rules too, are dropped")}"),
                string.Create(CultureInfo.InvariantCulture, $"sysctl -w net.netfilter.nf_conntrack_max={max * 2}"));
        }

        var (failed, dropped) = (kernel.TrackingCounters.GetValueOrDefault("insert_failed"), kernel.TrackingCounters.GetValueOrDefault("drop"));
        if (failed + dropped > 0)
        {
            findings.Add(isFull || findings.Has(FindingKind.SourcePorts) ? FindingSeverity.Warning : FindingSeverity.Note, FindingKind.ConnectionTracking, rules,
                string.Create(CultureInfo.InvariantCulture, $"since boot {failed:N0} tracked connections found no free port or were begun twice (insert_failed), and {dropped:N0} packets were dropped for it or for a full table (drop)"),
                "look whether it goes on: grep . /proc/net/stat/nf_conntrack");
        }
    }
}
