using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>A service with its destinations as a test wants them.</summary>
internal sealed record Pool(IpvsService Service, IReadOnlyList<IpvsDestination> Destinations)
{
    public IEnumerable<IpvsOperation> Additions() =>
        [new IpvsOperation.AddService { Service = Service }, .. Destinations.Select(destination => new IpvsOperation.AddDestination { Service = Service.Key, Destination = destination })];
}
