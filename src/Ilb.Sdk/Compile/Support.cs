namespace Ilb;

/// <summary>What the vocabulary can say but this version, or this machine, does not do: it is refused by name, never ignored.</summary>
internal static class Support
{
    /// <param name="configuration">A configuration, or part of one.</param>
    /// <param name="probes">The names of the probes that the product has registered.</param>
    /// <param name="node">The machine; null (default) = one without settings.</param>
    public static ValueList<IlbError> Check(Configuration configuration, ICollection<string> probes, NodeSettings? node = null)
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
        {
            errors.Add(new IlbError
            {
                Code = IlbErrorCode.NotSupported,
                Path = $"failoverGroups[{i}]",
                Message = $"failover group {Quote.Of(configuration.FailoverGroups[i].Name)}: a failover group is not supported by this version",
            });
        }

        CheckMarks(configuration, (node ?? RuleCase.DefaultNode).Marks, errors);
        return errors.ToValueList();
    }

    private static void CheckMarks(Configuration configuration, MarkSettings marks, List<IlbError> errors)
    {
        var taken = configuration.Rules.Any(static rule => rule.FirewallMark is not null)
            ? configuration.Rules.Where(rule => rule.Vip is not null && rule.Number <= marks.MaximumNumber).DistinctBy(static rule => rule.Number).ToDictionary(rule => marks.MarkOf(rule.Number!.Value))
            : [];
        for (var i = 0; i < configuration.Rules.Count; i++)
        {
            var rule = configuration.Rules[i];
            // One service cannot be that of two rules.
            if (rule.FirewallMark is { Mark: var mark } && taken.TryGetValue(mark, out var same))
            {
                errors.Add(new IlbError
                {
                    Code = IlbErrorCode.InUse,
                    Path = $"rules[{i}].fwmark",
                    Message = $"rule {Quote.Of(rule.Name)}: {rule.FirewallMark} is the mark that Ilb gives to the packets of rule {Quote.Of(same.Name)}: choose another, or give Ilb other bits by marks in node.json",
                });
            }

            // Only from a store of a product's own: reading the JSON gives numbers.
            if (rule.Number is null && (rule.Topology == Topology.Nat || rule.MapPorts([]) == PortMapping.Mark))
            {
                errors.Add(new IlbError
                {
                    Code = IlbErrorCode.InvalidArgument,
                    Path = $"rules[{i}].number",
                    Message = $"rule {Quote.Of(rule.Name)} has no number, which rules of many ports and NAT need: keep the configuration as it was saved, or read it by IlbJson",
                });
            }

            if (rule.Vip is not null && rule.Number > marks.MaximumNumber)
            {
                errors.Add(new IlbError
                {
                    Code = IlbErrorCode.LimitExceeded,
                    Path = $"rules[{i}].number",
                    Message = $"rule {Quote.Of(rule.Name)} has number {rule.Number} among the rules of many ports or NAT, and marks.mask 0x{marks.Mask:x8} in node.json has room for {marks.MaximumNumber}: give Ilb more bits there",
                });
            }
        }
    }
}
