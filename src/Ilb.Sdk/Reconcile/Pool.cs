using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A rule with its group, what the kernel should hold for it, and what it holds.</summary>
internal sealed class Pool(Rule rule, ServerGroup group, VirtualService? wanted, IpvsServiceState? found, IReadOnlyList<IpvsDestinationState> destinations)
{
    private readonly Dictionary<(IPAddress Address, ushort Port), IpvsDestinationState> _destinations = destinations.ToDictionary(static state => (state.Destination.Address, state.Destination.Port));

    public Rule Rule => rule;

    public ServerGroup Group => group;

    /// <summary>Null where the rule is disabled.</summary>
    public VirtualService? Wanted => wanted;

    /// <summary>The service of that key, whoever made it; null if there is none.</summary>
    public IpvsServiceState? Found => found;

    public IReadOnlyList<IpvsDestinationState> Destinations => destinations;

    /// <summary>What the kernel holds of a server of the group; null if nothing.</summary>
    public IpvsDestinationState? DestinationOf(Server server) => wanted is null ? null : _destinations.GetValueOrDefault((server.Address!, Compiler.PortOf(rule, server)));
}
