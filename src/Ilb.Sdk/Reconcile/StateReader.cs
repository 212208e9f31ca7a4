using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Compares what is configured with what the kernel holds.</summary>
internal static class StateReader
{
    public static async Task<LoadBalancerState> ReadAsync(ConfigurationSnapshot present, IForwarder forwarder, IReadOnlySet<IpvsServiceKey> owned, CancellationToken cancellationToken)
    {
        var configuration = present.Configuration;
        var groups = configuration.ServerGroups.ToDictionary(static group => group.Name);
        var services = configuration.Rules.Any(static rule => rule.Enabled)
            ? await forwarder.GetServicesAsync(owned, cancellationToken).ConfigureAwait(false)
            : new Dictionary<IpvsServiceKey, IpvsServiceState>();
        var rules = new List<RuleState>(configuration.Rules.Count);
        foreach (var rule in configuration.Rules)
        {
            var group = groups[rule.ServerGroup];
            var service = Compiler.Compile(rule, group);
            var found = service is null ? null : services.GetValueOrDefault(service.Service.Key);
            IReadOnlyList<IpvsDestinationState> destinations = found is null ? [] : await forwarder.GetDestinationsAsync(found.Service.Key, cancellationToken).ConfigureAwait(false);
            rules.Add(Compare(rule, group, service, found, destinations, owned));
        }

        return new LoadBalancerState { Version = present.Version, Rules = rules.ToValueList() };
    }

    private static RuleState Compare(
        Rule rule,
        ServerGroup group,
        VirtualService? service,
        IpvsServiceState? found,
        IReadOnlyList<IpvsDestinationState> destinations,
        IReadOnlySet<IpvsServiceKey> owned)
    {
        var byAddress = destinations.ToDictionary(static state => (state.Destination.Address, state.Destination.Port));
        var kernel = service switch
        {
            null => KernelState.Absent,
            _ when found is null => KernelState.Missing,
            _ when !owned.Contains(service.Service.Key) => KernelState.Foreign,
            _ when found.Service == service.Service && service.Destinations.ToHashSet().SetEquals(destinations.Select(static state => state.Destination)) => KernelState.Complete,
            _ => KernelState.Different,
        };
        var servers = new List<ServerState>(group.Servers.Count);
        for (var i = 0; i < group.Servers.Count; i++)
        {
            // The compiler makes one destination of each server, in the group's order.
            var state = service is null || kernel == KernelState.Foreign ? null : byAddress.GetValueOrDefault((service.Destinations[i].Address, service.Destinations[i].Port));
            servers.Add(new ServerState
            {
                Server = group.IdOf(group.Servers[i]),
                Administration = Administration(group.Servers[i].Enabled),
                EffectiveWeight = state?.Destination.Weight,
                ActiveConnections = state?.ActiveConnections,
                InactiveConnections = state?.InactiveConnections,
            });
        }

        return new RuleState { Rule = rule.Name, Administration = Administration(rule.Enabled), Kernel = kernel, Servers = servers.ToValueList() };
    }

    private static AdministrativeState Administration(bool enabled) => enabled ? AdministrativeState.Enabled : AdministrativeState.Disabled;
}
