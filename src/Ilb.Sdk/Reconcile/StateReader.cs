using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Compares what is configured with what the kernel holds.</summary>
internal static class StateReader
{
    public static async Task<LoadBalancerState> ReadAsync(
        ConfigurationSnapshot present,
        Runtime runtime,
        Func<string, ServerId, HealthReading?> readHealth,
        bool isChecked,
        IForwarder forwarder,
        IReadOnlySet<IpvsServiceKey> owned,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var pools = await Pools.ReadAsync(present.Configuration, runtime, forwarder, owned, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return new LoadBalancerState
        {
            Version = present.Version,
            IsChecked = isChecked,
            Rules = pools.Select(pool => Compare(pool, server => Health(pool, runtime.Of(pool.Rule.Name), server, readHealth), owned)).ToValueList(),
        };
    }

    private static RuleState Compare(Pool pool, Func<Server, HealthResult?> health, IReadOnlySet<IpvsServiceKey> owned)
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
                Health = health(server),
                EffectiveWeight = state?.Destination.Weight,
                ActiveConnections = state?.ActiveConnections,
                InactiveConnections = state?.InactiveConnections,
            };
        });
        return new RuleState { Rule = pool.Rule.Name, Administration = Administration(pool.Rule.Enabled), Kernel = kernel, Servers = servers.ToValueList() };
    }

    private static AdministrativeState Administration(bool enabled) => enabled ? AdministrativeState.Enabled : AdministrativeState.Disabled;

    // Where nobody checks here, what was found last.
    private static HealthResult? Health(Pool pool, RuleRuntime runtime, Server server, Func<string, ServerId, HealthReading?> read)
    {
        if (pool.Rule.Health is null)
            return null;
        // What is configured has changed before the checks have heard of it.
        if (!pool.Rule.Enabled || !server.Enabled)
            return new HealthResult { Status = ServerHealth.Disabled };
        if (read(pool.Rule.Name, pool.Group.IdOf(server)) is { } now)
            return new HealthResult { Status = now.Status, Failures = now.Failures, Last = now.Last, Next = now.Next, RoundTrip = now.RoundTrip, Reason = now.Reason };
        return runtime.Verdicts.TryGetValue(server.Number!.Value, out var verdict)
            ? new HealthResult { Status = verdict.IsAlive ? ServerHealth.Alive : ServerHealth.Dead, Last = verdict.Since, Reason = verdict.Reason.Length == 0 ? null : verdict.Reason }
            : new HealthResult { Status = ServerHealth.Unknown };
    }
}
