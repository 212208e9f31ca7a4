namespace Ilb;

/// <summary>What the vocabulary can say but this version does not do: it is refused by name, never ignored.</summary>
internal static class Support
{
    public static ValueList<IlbError> Check(Configuration configuration)
    {
        var errors = new List<IlbError>();
        for (var i = 0; i < configuration.HealthChecks.Count; i++)
            Add($"healthChecks[{i}]", $"health check {configuration.HealthChecks[i].Name}: a health check");
        for (var i = 0; i < configuration.Rules.Count; i++)
        {
            var rule = configuration.Rules[i];
            if (rule.Topology == Topology.Nat)
                Refuse(rule, "topology", "type=NAT", i);
            if (rule.Ports is null)
                Refuse(rule, "ports", "a rule without port= (all ports)", i);
            else if (rule.Ports.Count > 1)
                Refuse(rule, "ports", $"a range of ports (port={rule.Ports})", i);
            if (rule.Health is not null)
                Refuse(rule, "health", "a health check (hc-name=)", i);
        }

        return errors.ToValueList();

        void Refuse(Rule rule, string member, string feature, int place) => Add($"rules[{place}].{member}", $"rule {rule.Name}: {feature}");

        void Add(string path, string feature) => errors.Add(new IlbError
        {
            Code = IlbErrorCode.NotSupported,
            Path = path,
            Message = $"{feature} is not supported by this version",
        });
    }
}
