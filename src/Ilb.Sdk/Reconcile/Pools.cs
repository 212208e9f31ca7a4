using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the kernel holds in the place of each rule, and of what leaves it.</summary>
internal sealed class Pools
{
    private Pools(IReadOnlyList<RulePools> rules, ValueList<DrainingServer> draining) => (Rules, Draining) = (rules, draining);

    public IReadOnlyList<RulePools> Rules { get; }

    /// <summary>The servers that get no new connections and still have some.</summary>
    public ValueList<DrainingServer> Draining { get; }

    public static async Task<Pools> ReadAsync(Configuration configuration, Runtime runtime, NodeSettings node, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var cases = Compilation.Compare(Configuration.Empty, configuration, runtime, now, node: node).Select(static change => change.After!).ToDictionary(static rule => rule.Rule.Name);
        var (asked, leaving) = (configuration.Rules.Select(rule => (Rule: cases[rule.Name], Services: Compiler.Compile(cases[rule.Name], now))).ToArray(), runtime.Leaving);
        foreach (var service in asked.SelectMany(static rule => rule.Services))
            leaving = leaving.Fitted(service.Service.Key, service);
        // A machine without IPVS may still hold disabled rules.
        if (leaving.IsEmpty && asked.All(static rule => rule.Services.Count == 0))
            return new Pools([.. asked.Select(static rule => new RulePools(rule.Rule, []))], []);
        var present = await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false);
        var found = asked.SelectMany(static rule => rule.Services).Select(static service => service.Service.Key).Union(leaving.Keys).Where(present.ContainsKey).ToArray();
        var destinations = await forwarder.GetDestinationsAsync(found, cancellationToken).ConfigureAwait(false);
        var reader = new DrainReader(key => owned.Contains(key) ? destinations.GetValueOrDefault(key) : null, withEnded: true);
        foreach (var rule in asked)
            reader.Read(rule.Rule, static _ => true, now);
        foreach (var key in leaving.Keys)
            reader.Read(key, leaving.Find(key)!);
        return new Pools(
            [.. asked.Select(rule => new RulePools(rule.Rule, [.. rule.Services.Select(service =>
                new Pool(rule.Rule.Rule, leaving.Over(service.Service.Key, service)!, present.GetValueOrDefault(service.Service.Key), destinations.GetValueOrDefault(service.Service.Key, [])))]))],
            reader.Servers);
    }
}
