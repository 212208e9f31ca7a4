using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Compares what is configured with what the kernel holds.</summary>
internal sealed class StateReader(IForwarder forwarder, ISurroundings surroundings, LoadBalancerOptions options)
{
    public async Task<LoadBalancerState> ReadAsync(
        ConfigurationSnapshot present,
        Runtime runtime,
        Func<string, ServerId, HealthReading?> readHealth,
        bool isChecked,
        IReadOnlySet<IpvsServiceKey> owned,
        CancellationToken cancellationToken)
    {
        var pools = await Pools.ReadAsync(present.Configuration, runtime, options.Node!, forwarder, owned, options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        var rules = pools.Rules;
        var asked = rules.SelectMany(static rule => CompanionCompiler.Compile(rule.Rule)).Distinct().ToArray();
        var beside = asked.Length == 0
            ? FoundCompanions.Nothing
            : await surroundings.ReadAsync(asked, asked.Any(static companion => companion is IFilterObject), cancellationToken).ConfigureAwait(false);
        return new LoadBalancerState
        {
            Version = present.Version,
            IsChecked = isChecked,
            Rules = rules.Select(rule => Compare(rule, server => Health(rule.Rule, rule.Rule.Runtime, server, readHealth), owned, beside)).ToValueList(),
            Draining = pools.Draining,
        };
    }

    private static RuleState Compare(RulePools rule, Func<Server, HealthResult?> health, IReadOnlySet<IpvsServiceKey> owned, FoundCompanions beside)
    {
        var states = rule.Pools.Select(pool => Compare(pool, owned)).Distinct().ToArray();
        var kernel = states switch
        {
            [] => KernelState.Absent,
            _ when states.Contains(KernelState.Foreign) => KernelState.Foreign,
            [KernelState.Complete] when !HasAll(rule.Rule, beside) => KernelState.Different,
            [var only] => only,
            _ => KernelState.Different,
        };
        var servers = rule.Rule.Group.Servers.Select(server =>
        {
            var states = kernel == KernelState.Foreign ? [] : rule.Pools.Select(pool => pool.DestinationOf(server)).OfType<IpvsDestinationState>().ToArray();
            return new ServerState
            {
                Server = rule.Rule.Group.IdOf(server),
                Administration = Administration(server.Enabled),
                Health = health(server),
                EffectiveWeight = states.FirstOrDefault()?.Destination.Weight,
                ActiveConnections = states.Length == 0 ? null : states.Sum(static state => state.ActiveConnections),
                InactiveConnections = states.Length == 0 ? null : states.Sum(static state => state.InactiveConnections),
            };
        });
        return new RuleState { Rule = rule.Rule.Rule.Name, Administration = Administration(rule.Rule.Rule.Enabled), Kernel = kernel, Servers = servers.ToValueList() };
    }

    private static KernelState Compare(Pool pool, IReadOnlySet<IpvsServiceKey> owned) => pool switch
    {
        { Found: null } => KernelState.Missing,
        _ when !owned.Contains(pool.Wanted.Service.Key) => KernelState.Foreign,
        { Found: { } found, Wanted: var wanted } when found.Service == wanted.Service && wanted.Destinations.ToHashSet().SetEquals(pool.Destinations.Select(static state => state.Destination)) => KernelState.Complete,
        _ => KernelState.Different,
    };

    // A timeout may be longer for another rule. Of a table that others have changed nobody knows what it does.
    private static bool HasAll(RuleCase rule, FoundCompanions beside) =>
        CompanionCompiler.Compile(rule).All(companion => !(beside.IsDamaged && companion is IFilterObject) && beside.Objects.TryGetValue(companion.Id, out var found) && (found == companion || companion is IdleTimeout));

    private static AdministrativeState Administration(bool enabled) => enabled ? AdministrativeState.Enabled : AdministrativeState.Disabled;

    // Where nobody checks here, what was found last.
    private static HealthResult? Health(RuleCase rule, RuleRuntime runtime, Server server, Func<string, ServerId, HealthReading?> read)
    {
        var found = rule.Rule.Health is null ? null : Checked(rule, runtime, server, read);
        var standing = Standing.Of(found?.Status ?? (rule.Rule.Enabled && server.Enabled ? ServerHealth.Unknown : ServerHealth.Disabled), runtime, server.Number!.Value);
        return standing.Word is not { } word ? found : (found ?? new HealthResult { Status = standing.Status, Last = word.Since }) with
        {
            Status = standing.Status,
            Reason = word.Reason.Length == 0 ? null : word.Reason,
            Source = standing.Source,
            Until = word.Until,
        };
    }

    private static HealthResult Checked(RuleCase rule, RuleRuntime runtime, Server server, Func<string, ServerId, HealthReading?> read)
    {
        // What is configured has changed before the checks have heard of it.
        if (!rule.Rule.Enabled || !server.Enabled)
            return new HealthResult { Status = ServerHealth.Disabled };
        if (read(rule.Rule.Name, rule.Group.IdOf(server)) is { } now)
            return new HealthResult { Status = now.Status, Failures = now.Failures, Last = now.Last, Next = now.Next, RoundTrip = now.RoundTrip, Reason = now.Reason };
        return runtime.Verdicts.TryGetValue(server.Number!.Value, out var verdict)
            ? new HealthResult { Status = verdict.IsAlive ? ServerHealth.Alive : ServerHealth.Dead, Last = verdict.Since, Reason = verdict.Reason.Length == 0 ? null : verdict.Reason }
            : new HealthResult { Status = ServerHealth.Unknown };
    }
}
