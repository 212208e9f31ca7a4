using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel holds in the place of each rule.</summary>
internal static class Pools
{
    public static async Task<IReadOnlyList<Pool>> ReadAsync(Configuration configuration, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, CancellationToken cancellationToken)
    {
        var groups = configuration.ServerGroups.ToDictionary(static group => group.Name);
        var rules = configuration.Rules.Select(rule => (Rule: rule, Group: groups[rule.ServerGroup], Wanted: Compiler.Compile(rule, groups[rule.ServerGroup]))).ToArray();
        // A machine without IPVS may still hold disabled rules.
        if (rules.All(static rule => rule.Wanted is null))
            return [.. rules.Select(static rule => new Pool(rule.Rule, rule.Group, null, null, []))];
        var services = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = rules.Select(rule => rule.Wanted is { } wanted ? services.GetValueOrDefault(wanted.Service.Key) : null).ToArray();
        var destinations = await forwarder.GetDestinationsAsync([.. found.OfType<IpvsServiceState>().Select(static service => service.Service.Key)], cancellationToken).ConfigureAwait(false);
        return [.. rules.Zip(found, (rule, service) => new Pool(rule.Rule, rule.Group, rule.Wanted, service, service is null ? [] : destinations[service.Service.Key]))];
    }
}
