using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Compares what is configured with what the kernel holds.</summary>
internal static class StateReader
{
    public static async Task<LoadBalancerState> ReadAsync(ConfigurationSnapshot present, Runtime runtime, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, TimeProvider time, CancellationToken cancellationToken)
    {
        var pools = await Pools.ReadAsync(present.Configuration, runtime, forwarder, owned, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return new LoadBalancerState { Version = present.Version, Rules = pools.Select(pool => Compare(pool, owned)).ToValueList() };
    }

    private static RuleState Compare(Pool pool, IReadOnlySet<IpvsServiceKey> owned)
    {
        var kernel = pool.Wanted switch
        {
            null => KernelState.Absent,
            _ when pool.Found is null => KernelState.Missing,
            var wanted when !owned.Contains(wanted.Service.Key) => KernelState.Foreign,
            var wanted when pool.Found.Service == wanted.Service && wanted.Destinations.ToHashSet().SetEquals(pool.Destinations.Select(static state => state.Destination)) => KernelState.Complete,
            _ => KernelState.Different,
        };
        var servers = pool.Group.Servers.Select(server =>
        {
            var state = kernel == KernelState.Foreign ? null : pool.DestinationOf(server);
            return new ServerState
            {
                Server = pool.Group.IdOf(server),
                Administration = Administration(server.Enabled),
                EffectiveWeight = state?.Destination.Weight,
                ActiveConnections = state?.ActiveConnections,
                InactiveConnections = state?.InactiveConnections,
            };
        });
        return new RuleState { Rule = pool.Rule.Name, Administration = Administration(pool.Rule.Enabled), Kernel = kernel, Servers = servers.ToValueList() };
    }

    private static AdministrativeState Administration(bool enabled) => enabled ? AdministrativeState.Enabled : AdministrativeState.Disabled;
}
