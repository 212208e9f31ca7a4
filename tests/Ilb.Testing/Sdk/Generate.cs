using System.Net;

namespace Ilb.Testing;

/// <summary>Random values of the vocabulary, from a seeded source; all are valid.</summary>
public static class Generate
{
    private static readonly Topology[] Topologies = [Topology.HalfNat, Topology.Dsr, Topology.Tun];

    /// <summary>Few names and addresses, so that two configurations have many in common.</summary>
    public static Configuration Configuration(Random random)
    {
        var groups = Enumerable.Range(0, random.Next(1, 5)).Select(place => Group(random, $"g{place}", isV6: place % 2 == 1)).ToValueList();
        var rules = new List<Rule>();
        for (var i = random.Next(6); i > 0; i--)
        {
            var group = groups[random.Next(groups.Count)];
            var isV6 = group.Name[^1] % 2 == 1;
            var rule = new Rule
            {
                Name = $"r{i}",
                Enabled = random.Next(4) > 0,
                Vip = IPAddress.Parse(isV6 ? $"2001:db8::{random.Next(1, 4)}" : $"192.0.2.{random.Next(1, 4)}"),
                Protocol = (Protocol)random.Next(3),
                Ports = random.Next(80, 83),
                Algorithm = (Algorithm)random.Next(17),
                Topology = Topologies[random.Next(3)],
                ServerGroup = group.Name,
            };
            if (rules.Any(other => Key(other).Equals(Key(rule))))
                continue;
            if (rule.Topology != Topology.HalfNat && group.Servers.Any(server => server.Ports is not null && server.Ports != rule.Ports))
                rule = rule with { Topology = Topology.HalfNat };
            rules.Add(rule);
        }

        return new Configuration { ServerGroups = groups, Rules = rules.ToValueList() };
    }

    private static ServerGroup Group(Random random, string name, bool isV6)
    {
        var servers = Enumerable.Range(1, 5).Where(_ => random.Next(3) > 0).Select(place => new Server
        {
            Address = IPAddress.Parse(isV6 ? $"2001:db8:1::{place}" : $"10.0.0.{place}"),
            Host = random.Next(5) == 0 ? "host.example" : null,
            Ports = random.Next(3) switch { 0 => null, 1 => 80, _ => 8080 },
            Enabled = random.Next(4) > 0,
            Weight = random.Next(3),
            MaximumConnections = random.Next(4) == 0 ? 100 : null,
        });
        return new ServerGroup { Name = name, Servers = servers.ToValueList() }.WithNumbers();
    }

    private static (IPAddress?, PortRange?, Protocol) Key(Rule rule) => (rule.Vip, rule.Ports, rule.Protocol);
}
