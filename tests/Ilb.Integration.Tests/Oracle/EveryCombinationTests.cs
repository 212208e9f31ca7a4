using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>
/// Services and destinations of every kind, with ipvsadm as the oracle. ILB_FULL=1: all combinations of their members, else so few
/// that any three members meet in every way.
/// </summary>
public sealed class EveryCombinationTests : KernelTest
{
    [Fact]
    public async Task What_we_put_into_the_kernel_is_what_ipvsadm_saves_and_what_we_read_back()
    {
        var pools = Pools(Combinations.Services(), static (service, i) => Combinations.Destinations(service.Key, i));
        // Estimators would keep the lab's one processor busy, and nothing here has traffic.
        Space.Sysctl(("ipv4/vs/run_estimation", "0"));

        await ApplyAsync(pools.SelectMany(pool => pool.Additions()));

        AssertSame(pools.SelectMany(IpvsadmText.Saved), Lines(await Space.IpvsadmAsync("-Sn")));
        AssertSame(pools, await ReadAsync());
    }

    [Fact]
    public async Task What_ipvsadm_restores_is_what_we_read_back()
    {
        // Its own limits, none of the kernel's: one-packet scheduling is for UDP and marks.
        var pools = Pools(
            Combinations.Services().Where(service => !service.OnePacket || service.Key.Protocol is null or IpvsProtocol.Udp),
            static (service, i) => [Combinations.Destinations(service.Key, i)[i % 9] with { UpperThreshold = 0, LowerThreshold = 0 }]);

        await Space.IpvsadmAsync("-R", string.Join('\n', pools.SelectMany(IpvsadmText.Saved)) + "\n");

        AssertSame(pools, await ReadAsync());
    }

    private static Pool[] Pools(IEnumerable<IpvsService> services, Func<IpvsService, int, IReadOnlyList<IpvsDestination>> destinations) =>
        [.. (FullRun.IsOn ? services : Combinations.Cover(services)).Select((service, i) => new Pool(service, destinations(service, i)))];

    private async Task<IEnumerable<Pool>> ReadAsync() => (await Ipvs.GetPoolsAsync(Cancellation)).Select(Pool.Of);

    internal static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void AssertSame(IEnumerable<Pool> expected, IEnumerable<Pool> actual) => AssertSame(expected.SelectMany(Values), actual.SelectMany(Values));

    private static IEnumerable<object> Values(Pool pool) =>
        [pool.Service, .. pool.Destinations.Select(destination => (pool.Service.Key, destination))];

    // Order is the kernel's hash table's; the first few differences say more than fifty thousand lines.
    private static void AssertSame<T>(IEnumerable<T> expected, IEnumerable<T> actual)
        where T : notnull
    {
        var (wanted, found) = (expected.ToList(), actual.ToList());
        Assert.Equal([], wanted.Except(found).Take(5));
        Assert.Equal([], found.Except(wanted).Take(5));
        Assert.Equal(wanted.Count, found.Count);
    }
}
