using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>A service with its destinations as a test wants them.</summary>
internal sealed record Pool(IpvsService Service, IReadOnlyList<IpvsDestination> Destinations)
{
    /// <summary>What our client has read.</summary>
    public static Pool Of(IpvsPool read) => new(read.Service.Service, [.. read.Destinations.Select(static state => state.Destination)]);

    public IEnumerable<IpvsOperation> Additions() =>
        [new IpvsOperation.AddService { Service = Service }, .. Destinations.Select(destination => new IpvsOperation.AddDestination { Service = Service.Key, Destination = destination })];
}
