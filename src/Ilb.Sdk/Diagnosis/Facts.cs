using System.Net;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>All that is looked at to find what is wrong.</summary>
internal sealed record Facts
{
    /// <summary>All rules of the configuration, with what the kernel holds in their places.</summary>
    public required IReadOnlyList<RulePools> All { get; init; }

    /// <summary>The names of the rules that were asked about.</summary>
    public required IReadOnlySet<string> Asked { get; init; }

    /// <summary>What is of each rule.</summary>
    public required LoadBalancerState State { get; init; }

    public required KernelFacts Kernel { get; init; }

    /// <summary>The packet filter of others.</summary>
    public required Ruleset Filter { get; init; }

    /// <summary>The rules that were asked about and forward.</summary>
    public IEnumerable<RulePools> Rules => All.Where(rule => rule.Rule.Rule.Enabled && Asked.Contains(rule.Rule.Rule.Name));

    /// <summary>The way to a server; null if there is none.</summary>
    public RouteState? RouteTo(IPAddress address) => Kernel.Routes.GetValueOrDefault(address);

    /// <summary>The interface by which a server is reached; null if it is not known.</summary>
    public string? InterfaceTo(IPAddress address) => RouteTo(address) is { Kind: RouteKind.Unicast } route ? Kernel.FindLink(route.LinkIndex)?.Name : null;

    /// <summary>The servers that may get connections of a rule, each with its ID.</summary>
    public static IEnumerable<(ServerId Id, Server Server)> ServersOf(RuleCase rule) =>
        ((ServerGroup[])[rule.Group, .. rule.Sorry is null ? [] : new[] { rule.Sorry }])
            .SelectMany(static group => group.Servers.Where(static server => server.Enabled && server.Address is not null).Select(server => (group.IdOf(server), server)));
}
