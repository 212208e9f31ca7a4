using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>Whether the servers can be reached as their rules need it. Pure.</summary>
internal static class ServerChecks
{
    public static void Check(Facts facts, FindingList findings)
    {
        var uses = facts.Rules.SelectMany(static rule => Facts.ServersOf(rule.Rule).Select(server => (rule.Rule.Rule, Server: server))).ToArray();
        var failed = facts.Kernel.Neighbors.Where(static neighbor => neighbor.States.HasFlag(NeighborStates.Failed)).Select(static neighbor => (neighbor.LinkIndex, neighbor.Address)).ToHashSet();
        foreach (var same in uses.GroupBy(static use => use.Server.Server.Address!))
        {
            var (rules, servers) = (same.Select(static use => use.Rule.Name).ToArray(), same.Select(static use => use.Server).ToArray());
            var of = $"{FindingList.OfServers(servers)} of {FindingList.OfRules(rules)}";
            var ids = servers.Select(static server => server.Id).ToArray();
            switch (facts.RouteTo(same.Key))
            {
                case null or { Kind: RouteKind.Other }:
                    findings.Add(FindingSeverity.Error, FindingKind.ServerUnreachable, rules, $"there is no route to {of}", $"ip route get {same.Key}", ids);
                    break;
                case { Kind: RouteKind.Local }:
                    findings.Add(FindingSeverity.Note, FindingKind.ServerLocal, rules, $"{of} is this machine itself: its connections go to this machine's own sockets, and the packet filter sees them as such", null, ids);
                    break;
                case { } route:
                    CheckWay(facts, same.Key, route, [.. same.Where(static use => use.Rule.Topology == Topology.Dsr)], failed, rules, ids, of, findings);
                    break;
            }
        }
    }

    private static void CheckWay(Facts facts, System.Net.IPAddress address, RouteState route, (Rule Rule, (ServerId Id, Server Server) Server)[] direct, HashSet<(int, System.Net.IPAddress)> failed, string[] rules, ServerId[] ids, string of, FindingList findings)
    {
        var link = facts.Kernel.FindLink(route.LinkIndex)?.Name ?? "its interface";
        if (route.Gateway is { } router && direct.Length > 0)
        {
            var names = direct.Select(static use => use.Rule.Name).ToArray();
            findings.Add(FindingSeverity.Error, FindingKind.ServerBehindRouter, names, $"{FindingList.OfServers(direct.Select(static use => use.Server))} of {FindingList.OfRules(names)} is behind the router {router}, and DSR reaches only servers on a network of this machine: the router sends the packets to the VIP, back here",
                FindingList.Lines([.. names.Distinct().Select(static name => $"ilbadm set-rule -m type=TUN {name}")]) + "\n# and run on the servers what 'ilbadm show-server-setup' tells", ids);
        }
        else if (failed.Contains((route.LinkIndex, route.Gateway ?? address)))
        {
            findings.Add(FindingSeverity.Error, FindingKind.ServerUnreachable, rules, $"{(route.Gateway is null ? of : $"the router {route.Gateway} to {of}")} does not answer on {link} when it is asked for its hardware address (ARP, neighbour discovery): packets to it are lost",
                $"look whether it is up and on this network: ping -c 3 -I {link} {route.Gateway ?? address}", ids);
        }
    }
}
