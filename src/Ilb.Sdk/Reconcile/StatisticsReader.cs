using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Reads what the kernel has counted for what is configured.</summary>
internal static class StatisticsReader
{
    public static async Task<LoadBalancerStatistics> ReadAsync(ConfigurationSnapshot present, Runtime runtime, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, TimeProvider time, CancellationToken cancellationToken)
    {
        var pools = await Pools.ReadAsync(present.Configuration, runtime, forwarder, owned, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return new LoadBalancerStatistics
        {
            Version = present.Version,
            Time = time.GetUtcNow(),
            Rules = pools.Select(pool => Read(pool, pool.Wanted is { } wanted && owned.Contains(wanted.Service.Key))).ToValueList(),
        };
    }

    private static RuleStatistics Read(Pool pool, bool isOurs) => new()
    {
        Rule = pool.Rule.Name,
        Counters = isOurs && pool.Found is { } found ? Counters(found.Statistics) : null,
        Servers = pool.Group.Servers.Select(server => new ServerStatistics
        {
            Server = pool.Group.IdOf(server),
            Counters = isOurs && pool.DestinationOf(server) is { } destination ? Counters(destination.Statistics) : null,
        }).ToValueList(),
    };

    private static TrafficCounters Counters(IpvsStatistics counted) => new()
    {
        Connections = counted.Connections,
        IncomingPackets = counted.IncomingPackets,
        OutgoingPackets = counted.OutgoingPackets,
        IncomingBytes = counted.IncomingBytes,
        OutgoingBytes = counted.OutgoingBytes,
    };
}
