namespace Ilb;

/// <summary>What the vocabulary can say but this version does not do: it is refused by name, never ignored.</summary>
internal static class Support
{
    private static readonly (string Member, string Feature, Func<Rule, bool> IsUsed)[] Later =
    [
        ("interface", "interface=", static rule => rule.Interface is not null),
        ("proxySrc", "proxy-src=", static rule => rule.ProxySource is not null),
        ("connDrain", "conn-drain=", static rule => rule.ConnectionDrain != TimeSpan.Zero),
        ("natTimeout", "nat-timeout=", static rule => rule.NatTimeout is not null),
        ("onDisable", "on-disable=", static rule => rule.OnDisable != DisabledTraffic.Refuse),
    ];

    /// <param name="configuration">A configuration, or part of one.</param>
    /// <param name="probes">The names of the probes that the product has registered.</param>
    public static ValueList<IlbError> Check(Configuration configuration, ICollection<string> probes)
    {
        var errors = new List<IlbError>();
        for (var i = 0; i < configuration.HealthChecks.Count; i++)
        {
            if (configuration.HealthChecks[i].Test is ProductTest { Probe: var probe } && !probes.Contains(probe))
            {
                errors.Add(new IlbError
                {
                    Code = IlbErrorCode.InvalidHealthTest,
                    Path = $"healthChecks[{i}].test.probe",
                    Message = $"health check {Quote.Of(configuration.HealthChecks[i].Name)}: no probe {Quote.Of(probe)} is registered here{(probes.Count == 0 ? "" : $"; there are {string.Join(", ", probes.Order(StringComparer.Ordinal))}")}",
                });
            }
        }

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
