using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel holds in the place of each rule.</summary>
internal static class Pools
{
    public static async Task<IReadOnlyList<Pool>> ReadAsync(Configuration configuration, Runtime runtime, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rules = Compilation.Compare(Configuration.Empty, configuration, runtime, now).Select(static change => change.After!).ToDictionary(static rule => rule.Rule.Name);
        var services = configuration.Rules.Select(rule => Compiler.Compile(rules[rule.Name], now) is [var only] ? only : null).ToArray();
        // A machine without IPVS may still hold disabled rules.
        if (services.All(static service => service is null))
            return [.. configuration.Rules.Select(rule => new Pool(rule, rules[rule.Name].Group, null, null, []))];
        var present = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = services.Select(service => service is null ? null : present.GetValueOrDefault(service.Service.Key)).ToArray();
        var destinations = await forwarder.GetDestinationsAsync([.. found.OfType<IpvsServiceState>().Select(static service => service.Service.Key)], cancellationToken).ConfigureAwait(false);
        return [.. configuration.Rules.Select((rule, place) => new Pool(rule, rules[rule.Name].Group, services[place], found[place], found[place] is { } service ? destinations[service.Service.Key] : []))];
    }
}
