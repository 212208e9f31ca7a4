using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel holds in the place of each rule.</summary>
internal static class Pools
{
    public static async Task<IReadOnlyList<Pool>> ReadAsync(Configuration configuration, Verdicts verdicts, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, CancellationToken cancellationToken)
    {
        var rules = Compilation.Compare(Configuration.Empty, configuration, verdicts).Select(static change => change.After!).ToDictionary(static rule => rule.Rule.Name);
        var services = configuration.Rules.Select(rule => Compiler.Compile(rules[rule.Name], wasSorry: false) is [var only] ? only : null).ToArray();
        // A machine without IPVS may still hold disabled rules.
        if (services.All(static service => service is null))
            return [.. configuration.Rules.Select(rule => new Pool(rule, rules[rule.Name].Group, null, null, []))];
        var present = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = services.Select(service => service is null ? null : present.GetValueOrDefault(service.Service.Key)).ToArray();
        var destinations = await forwarder.GetDestinationsAsync([.. found.OfType<IpvsServiceState>().Select(static service => service.Service.Key)], cancellationToken).ConfigureAwait(false);
        return [.. configuration.Rules.Select((rule, place) => Make(rules[rule.Name], services[place], found[place], found[place] is { } service ? destinations[service.Service.Key] : []))];
    }

    // Between the bounds of a quorum it depends on what was before whether the sorry group serves: what the kernel holds tells.
    private static Pool Make(RuleCase rule, VirtualService? wanted, IpvsServiceState? found, IReadOnlyList<IpvsDestinationState> destinations)
    {
        if (rule.Rule.Sorry is not null && wanted is not null && !HasSame(wanted, destinations) && Compiler.Compile(rule, wasSorry: true)[0] is var other && HasSame(other, destinations))
            wanted = other;
        return new Pool(rule.Rule, rule.Group, wanted, found, destinations);
    }

    private static bool HasSame(VirtualService service, IEnumerable<IpvsDestinationState> destinations) => service.Destinations.ToHashSet().SetEquals(destinations.Select(static state => state.Destination));
}
