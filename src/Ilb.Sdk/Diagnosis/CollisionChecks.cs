namespace Ilb;

/// <summary>
/// Ways that end at one port of a server. IPVS finds the connection of a reply by client, client's port, server and server's port only, so a client that uses one port of its own on two such ways breaks its first
/// connection. Pure.
/// </summary>
internal static class CollisionChecks
{
    public static void Check(Facts facts, FindingList findings)
    {
        var rules = facts.All.Where(static rule => rule.Rule.Rule is { Enabled: true, Topology: Topology.HalfNat or Topology.Nat }).ToArray();
        foreach (var rule in rules.Where(rule => facts.Asked.Contains(rule.Rule.Rule.Name)))
            CheckCollapse(rule.Rule, findings);
        var ends = rules.SelectMany(static rule => Facts.ServersOf(rule.Rule).Select(server => (rule.Rule.Rule.Name, rule.Rule.Rule.Protocol, server.Id, server.Server, Ports: PortsAt(rule.Rule.Rule, server.Server))))
            .Where(static end => end.Ports is not null);
        var together = new Dictionary<string, (string[] Rules, List<(ServerId Id, Server Server)> Servers)>();
        foreach (var (names, servers) in ends.GroupBy(static end => (end.Server.Address!, end.Protocol)).SelectMany(static same => Overlaps([.. same.Select(static end => (end.Name, end.Id, end.Server, end.Ports!))])))
        {
            if (!names.Any(facts.Asked.Contains))
                continue;
            var key = string.Join(' ', names);
            together.TryAdd(key, (names, []));
            together[key].Servers.AddRange(servers);
        }

        foreach (var (names, servers) in together.Values)
        {
            findings.Add(FindingSeverity.Note, FindingKind.Collision, names,
                $"{FindingList.OfRules(names)} end at the same port of {FindingList.OfServers(servers)}: a client that uses one port of its own for both at a time loses its first connection",
                "give each of them a port of its own at the servers", servers.Select(static server => server.Id));
        }
    }

    private static void CheckCollapse(RuleCase rule, FindingList findings)
    {
        if (rule.Rule.FirewallMark is not null || rule.Rule.Ports is { Count: 1 } || Facts.ServersOf(rule).Where(static server => server.Server.Ports is { Count: 1 }).ToArray() is not { Length: > 0 } servers)
            return;
        findings.Add(FindingSeverity.Note, FindingKind.Collision, [rule.Rule.Name],
            $"all ports of rule {Quote.Of(rule.Rule.Name)} end at one port of {FindingList.OfServers(servers)}: a client that uses one port of its own for two of them at a time loses its first connection",
            "give the servers as many ports as the rule has, or none", servers.Select(static server => server.Id));
    }

    // Null where the packets keep ports that nobody here knows.
    private static PortRange? PortsAt(Rule rule, Server server) => server.Ports ?? (rule.FirewallMark is null ? rule.Ports ?? PortRange.All : null);

    // Those whose ports overlap, one by the other.
    private static IEnumerable<(string[] Rules, (ServerId Id, Server Server)[] Servers)> Overlaps((string Rule, ServerId Id, Server Server, PortRange Ports)[] ends)
    {
        var group = new List<(string Rule, ServerId Id, Server Server, PortRange Ports)>();
        var last = 0;
        foreach (var end in ends.OrderBy(static end => end.Ports.First).Append(default))
        {
            if (end.Ports is null || end.Ports.First > last)
            {
                if (group.Select(static one => one.Rule).Distinct().Count() > 1)
                    yield return ([.. group.Select(static one => one.Rule).Distinct()], [.. group.Select(static one => (one.Id, one.Server))]);
                group.Clear();
            }

            if (end.Ports is null)
                yield break;
            group.Add(end);
            last = Math.Max(group.Count == 1 ? 0 : last, end.Ports.Last);
        }
    }
}
