using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A service that the kernel should hold for a rule, and what it holds in its place.</summary>
internal sealed class Pool(Rule rule, VirtualService wanted, IpvsServiceState? found, IReadOnlyList<IpvsDestinationState> destinations)
{
    private readonly Dictionary<(IPAddress Address, ushort Port), IpvsDestinationState> _destinations = destinations.ToDictionary(static state => (state.Destination.Address, state.Destination.Port));

    public VirtualService Wanted => wanted;

    /// <summary>The service of that key, whoever made it; null if there is none.</summary>
    public IpvsServiceState? Found => found;

    public IReadOnlyList<IpvsDestinationState> Destinations => destinations;

    /// <summary>What the kernel holds of a server of the group; null if nothing.</summary>
    public IpvsDestinationState? DestinationOf(Server server) => _destinations.GetValueOrDefault((server.Address!, Compiler.PortOf(rule, server, wanted.Service.Key)));
}
