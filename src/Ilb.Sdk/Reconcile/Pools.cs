using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel holds in the place of each rule.</summary>
internal static class Pools
{
    public static async Task<IReadOnlyList<RulePools>> ReadAsync(Configuration configuration, Verdicts verdicts, NodeSettings node, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, CancellationToken cancellationToken)
    {
        var rules = Compilation.Compare(Configuration.Empty, configuration, verdicts, node).Select(static change => change.After!).ToDictionary(static rule => rule.Rule.Name);
        var wanted = configuration.Rules.Select(rule => (Rule: rules[rule.Name], Services: Compiler.Compile(rules[rule.Name], wasSorry: false))).ToArray();
        // A machine without IPVS may still hold disabled rules.
        if (wanted.All(static rule => rule.Services.Count == 0))
            return [.. wanted.Select(static rule => new RulePools(rule.Rule, []))];
        var present = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = wanted.SelectMany(static rule => rule.Services).Select(static service => service.Service.Key).Where(present.ContainsKey).ToArray();
        var destinations = await forwarder.GetDestinationsAsync(found, cancellationToken).ConfigureAwait(false);
        return [.. wanted.Select(rule => Make(rule.Rule, rule.Services, present, destinations))];
    }

    // Between the bounds of a quorum it depends on what was before whether the sorry group serves: what the kernel holds tells.
    private static RulePools Make(RuleCase rule, ValueList<VirtualService> services, IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState> present, IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>> destinations)
    {
        if (rule.Rule.Sorry is not null && services.Count > 0 && !HasSame(services[0]) && Compiler.Compile(rule, wasSorry: true) is var others && HasSame(others[0]))
            services = others;
        return new RulePools(rule, [.. services.Select(service => new Pool(rule.Rule, service, present.GetValueOrDefault(service.Service.Key), Of(service)))]);

        IReadOnlyList<IpvsDestinationState> Of(VirtualService service) => destinations.GetValueOrDefault(service.Service.Key, []);

        bool HasSame(VirtualService service) => service.Destinations.ToHashSet().SetEquals(Of(service).Select(static state => state.Destination));
    }
}
