using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>What the few services of a short run are a sample of, and that nothing of two or three members is missing among them.</summary>
public sealed class CombinationsTests
{
    private const int AllServices = 4 * 2 * 14 * 4 * 3 * 2 * 2;
    private const int AllDestinations = 9 * 6 * 4;

    private static readonly IpvsService[] All = [.. Combinations.Services()];
    private static readonly IReadOnlyList<IpvsService> Chosen = Combinations.Cover(All);

    [Fact]
    public void All_services_are_all_combinations_of_members() =>
        Assert.Equal((AllServices, AllServices), (All.Length, All.DistinctBy(static service => service with { Key = Kind(service.Key) }).Count()));

    [Fact]
    public void Chosen_services_have_every_meeting_of_three_members()
    {
        Assert.Equal(All.SelectMany(Combinations.Triples).ToHashSet(), Chosen.SelectMany(Combinations.Triples).ToHashSet());
        // At least protocols or options with schedulers and persistences; more than these would not be a sample.
        Assert.InRange(Chosen.Count, 4 * 14 * 4, 500);
        Assert.Contains(Chosen, static service => service.Key.FirewallMark == int.MaxValue);
    }

    [Fact]
    public void Destinations_of_chosen_services_have_every_meeting_of_forwarding_weight_and_thresholds() =>
        Assert.Equal(AllDestinations, Chosen
            .SelectMany(static (service, i) => Combinations.Destinations(service.Key, i).Select(static (to, way) => (way, to.Weight, to.UpperThreshold, to.LowerThreshold)))
            .Distinct()
            .Count());

    private static IpvsServiceKey Kind(IpvsServiceKey key) => key.Protocol is { } protocol
        ? IpvsServiceKey.ForAddress(protocol, key.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? System.Net.IPAddress.IPv6Loopback : System.Net.IPAddress.Loopback, 1)
        : IpvsServiceKey.ForFirewallMark(1, key.Family);
}
