namespace Ilb;

/// <summary>What the vocabulary can say but this version does not do: it is refused by name, never ignored.</summary>
internal static class Support
{
    private static readonly (string Member, string Feature, Func<Rule, bool> IsUsed)[] Later =
    [
        ("health", "a health check (hc-name=)", static rule => rule.Health is not null),
        ("interface", "interface=", static rule => rule.Interface is not null),
        ("proxySrc", "proxy-src=", static rule => rule.ProxySource is not null),
        ("connDrain", "conn-drain=", static rule => rule.ConnectionDrain != TimeSpan.Zero),
        ("natTimeout", "nat-timeout=", static rule => rule.NatTimeout is not null),
        ("onDisable", "on-disable=", static rule => rule.OnDisable != DisabledTraffic.Refuse),
    ];

    public static ValueList<IlbError> Check(Configuration configuration)
    {
        var errors = new List<IlbError>();
        for (var i = 0; i < configuration.HealthChecks.Count; i++)
            Add($"healthChecks[{i}]", $"health check {Quote.Of(configuration.HealthChecks[i].Name)}: a health check");
        for (var i = 0; i < configuration.FailoverGroups.Count; i++)
            Add($"failoverGroups[{i}]", $"failover group {Quote.Of(configuration.FailoverGroups[i].Name)}: a failover group");
        for (var i = 0; i < configuration.Rules.Count; i++)
        {
            var rule = configuration.Rules[i];
            if (rule.Topology == Topology.Nat)
                Refuse(rule, "topology", "type=NAT", i);
            // The kernel has a service of all ports for sticky clients only, and it keeps their ports.
            if (rule.Ports is null && rule.FirewallMark is null
                && (rule.Persistence is null || configuration.FindServerGroup(rule.ServerGroup)?.Servers.Any(static server => server.Ports is { Count: 1 }) == true))
            {
                Refuse(rule, "ports", "a rule of all ports (no port=) that is not sticky (-p) or changes the port", i);
            }
            else if (rule.Ports is { Count: > 1 })
            {
                Refuse(rule, "ports", $"a range of ports (port={rule.Ports})", i);
            }

            foreach (var (member, feature, isUsed) in Later)
            {
                if (isUsed(rule))
                    Refuse(rule, member, feature, i);
            }
        }

        return errors.ToValueList();

        void Refuse(Rule rule, string member, string feature, int place) => Add($"rules[{place}].{member}", $"rule {Quote.Of(rule.Name)}: {feature}");

        void Add(string path, string feature) => errors.Add(new IlbError
        {
            Code = IlbErrorCode.NotSupported,
            Path = path,
            Message = $"{feature} is not supported by this version",
        });
    }
}
