using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel holds in the place of each rule.</summary>
internal static class Pools
{
    public static async Task<IReadOnlyList<Pool>> ReadAsync(Configuration configuration, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, CancellationToken cancellationToken)
    {
        var groups = configuration.ServerGroups.ToDictionary(static group => group.Name);
        var services = Compiler.Compile(configuration);
        var rules = configuration.Rules.Select(rule => (Rule: rule, Group: groups[rule.ServerGroup], Wanted: rule.Enabled ? services[Compiler.KeyOf(rule)] : null)).ToArray();
        // A machine without IPVS may still hold disabled rules.
        if (services.Count == 0)
            return [.. rules.Select(static rule => new Pool(rule.Rule, rule.Group, null, null, []))];
        var present = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = rules.Select(rule => rule.Wanted is { } wanted ? present.GetValueOrDefault(wanted.Service.Key) : null).ToArray();
        var destinations = await forwarder.GetDestinationsAsync([.. found.OfType<IpvsServiceState>().Select(static service => service.Service.Key)], cancellationToken).ConfigureAwait(false);
        return [.. rules.Zip(found, (rule, service) => new Pool(rule.Rule, rule.Group, rule.Wanted, service, service is null ? [] : destinations[service.Service.Key]))];
    }
}
