using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel holds in the place of each rule.</summary>
internal static class Pools
{
    public static async Task<IReadOnlyList<RulePools>> ReadAsync(Configuration configuration, Runtime runtime, NodeSettings node, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rules = Compilation.Compare(Configuration.Empty, configuration, runtime, now, node: node).Select(static change => change.After!).ToDictionary(static rule => rule.Rule.Name);
        var wanted = configuration.Rules.Select(rule => (Rule: rules[rule.Name], Services: Compiler.Compile(rules[rule.Name], now))).ToArray();
        // A machine without IPVS may still hold disabled rules.
        if (wanted.All(static rule => rule.Services.Count == 0))
            return [.. wanted.Select(static rule => new RulePools(rule.Rule, []))];
        var present = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = wanted.SelectMany(static rule => rule.Services).Select(static service => service.Service.Key).Where(present.ContainsKey).ToArray();
        var destinations = await forwarder.GetDestinationsAsync(found, cancellationToken).ConfigureAwait(false);
        return [.. wanted.Select(rule => new RulePools(rule.Rule, [.. rule.Services.Select(service =>
            new Pool(rule.Rule.Rule, service, present.GetValueOrDefault(service.Service.Key), destinations.GetValueOrDefault(service.Service.Key, [])))]))];
    }
}
