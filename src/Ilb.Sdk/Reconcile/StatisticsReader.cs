using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel has counted for what is configured.</summary>
internal static class StatisticsReader
{
    public static async Task<LoadBalancerStatistics> ReadAsync(ConfigurationSnapshot present, Runtime runtime, NodeSettings node, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, TimeProvider time, CancellationToken cancellationToken)
    {
        var pools = await Pools.ReadAsync(present.Configuration, runtime, node, forwarder, owned, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return new LoadBalancerStatistics
        {
            Version = present.Version,
            Time = time.GetUtcNow(),
            Rules = pools.Rules.Select(rule => Read(rule, [.. rule.Pools.Where(pool => owned.Contains(pool.Wanted.Service.Key))])).ToValueList(),
        };
    }

    private static RuleStatistics Read(RulePools rule, IReadOnlyList<Pool> own) => new()
    {
        Rule = rule.Rule.Rule.Name,
        Counters = Sum(own.Select(static pool => pool.Found?.Statistics)),
        Servers = rule.Rule.Group.Servers.Select(server => new ServerStatistics
        {
            Server = rule.Rule.Group.IdOf(server),
            Counters = Sum(own.Select(pool => pool.DestinationOf(server)?.Statistics)),
        }).ToValueList(),
    };

    // A rule may have a service for each of its ports.
    private static TrafficCounters? Sum(IEnumerable<IpvsStatistics?> counted) => counted.OfType<IpvsStatistics>().Select(Counters).Aggregate((TrafficCounters?)null, static (sum, one) => sum is null ? one : new TrafficCounters
    {
        Connections = sum.Connections + one.Connections,
        IncomingPackets = sum.IncomingPackets + one.IncomingPackets,
        OutgoingPackets = sum.OutgoingPackets + one.OutgoingPackets,
        IncomingBytes = sum.IncomingBytes + one.IncomingBytes,
        OutgoingBytes = sum.OutgoingBytes + one.OutgoingBytes,
    });

    private static TrafficCounters Counters(IpvsStatistics counted) => new()
    {
        Connections = counted.Connections,
        IncomingPackets = counted.IncomingPackets,
        OutgoingPackets = counted.OutgoingPackets,
        IncomingBytes = counted.IncomingBytes,
        OutgoingBytes = counted.OutgoingBytes,
    };
}
