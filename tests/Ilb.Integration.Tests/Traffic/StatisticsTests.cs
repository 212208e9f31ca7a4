using System.Globalization;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Traffic;

public sealed class StatisticsTests() : TrafficTest(servers: 2)
{
    private static readonly IpvsServiceKey Web = Vip(IpvsProtocol.Tcp, 80);
    private static readonly IpvsServiceKey Web6 = Vip(IpvsProtocol.Tcp, 80, six: true);
    private static readonly IpvsServiceKey Names = Vip(IpvsProtocol.Udp, 53);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var key in (IpvsServiceKey[])[Web, Web6, Names])
            await ServeAsync(new IpvsService { Key = key, Scheduler = "rr" }, 8080);
        for (int number = 1; number <= 2; number++)
        {
            Hold(EchoServer.Tcp(Net.Servers[number - 1], TestNetwork.Server(number), 8080));
            Hold(EchoServer.Tcp(Net.Servers[number - 1], TestNetwork.Server6(number), 8080));
            Hold(EchoServer.Udp(Net.Servers[number - 1], TestNetwork.Server(number), 8080));
        }
    }

    [Fact]
    public async Task Counters_and_rates_are_those_of_ipvsadm_fit_the_traffic_and_can_be_zeroed()
    {
        await TrafficAsync();
        await AgreeAsync("-Ln --stats --exact", s => [s.Connections, s.IncomingPackets, s.OutgoingPackets, s.IncomingBytes, s.OutgoingBytes]);
        await AgreeAsync("-Ln --rate --exact", s => [s.ConnectionRate, s.IncomingPacketRate, s.OutgoingPacketRate, s.IncomingByteRate, s.OutgoingByteRate]);

        foreach (var pool in await Ipvs.GetPoolsAsync(Cancellation))
        {
            var all = pool.Service.Statistics;
            Assert.Equal(10ul, all.Connections);
            Assert.Equal([5ul, 5ul], pool.Destinations.Select(state => state.Statistics.Connections));
            Assert.Equal(all.IncomingPackets, pool.Destinations.Aggregate(0ul, (sum, state) => sum + state.Statistics.IncomingPackets));
            Assert.Equal(all.OutgoingBytes, pool.Destinations.Aggregate(0ul, (sum, state) => sum + state.Statistics.OutgoingBytes));
        }

        // One packet there and back: 20 bytes IP, 8 bytes UDP, 4 bytes of ours.
        var names = (await Ipvs.FindServiceAsync(Names, Cancellation))!.Statistics;
        Assert.Equal((10ul, 10ul, 320ul, 320ul), (names.IncomingPackets, names.OutgoingPackets, names.IncomingBytes, names.OutgoingBytes));

        await Ipvs.ZeroCountersAsync(Web, Cancellation);
        var pools = (await Ipvs.GetPoolsAsync(Cancellation)).ToDictionary(pool => pool.Service.Service.Key);
        Assert.Equal(0ul, pools[Web].Service.Statistics.Connections);
        Assert.All(pools[Web].Destinations, state => Assert.Equal(0ul, state.Statistics.IncomingBytes));
        Assert.Equal(10ul, pools[Web6].Service.Statistics.Connections);

        await Ipvs.ZeroCountersAsync(cancellationToken: Cancellation);
        Assert.All(await Ipvs.GetServicesAsync(Cancellation), state => Assert.Equal((0ul, 0ul), (state.Statistics.Connections, state.Statistics.OutgoingBytes)));
    }

    [Fact]
    public async Task A_destination_that_is_added_again_goes_on_with_its_old_counters()
    {
        await TrafficAsync();
        var before = (await Ipvs.GetDestinationsAsync(Web, Cancellation))[0];
        Assert.Equal(5ul, before.Statistics.Connections);
        await Ipvs.RemoveDestinationAsync(Web, before.Destination.Address, before.Destination.Port, Cancellation);
        Assert.Single(await Ipvs.GetDestinationsAsync(Web, Cancellation));
        await Ipvs.AddDestinationAsync(Web, before.Destination with { Weight = 3 }, Cancellation);
        var after = Assert.Single(await Ipvs.GetDestinationsAsync(Web, Cancellation), state => state.Destination.Address.Equals(before.Destination.Address));
        Assert.Equal((3, before.Statistics.Connections, before.Statistics.IncomingBytes), (after.Destination.Weight, after.Statistics.Connections, after.Statistics.IncomingBytes));
        Assert.Equal(before.ActiveConnections, after.ActiveConnections);
    }

    /// <summary>Ten connections to each service, seen by the kernel's estimator, which looks every two seconds.</summary>
    private async Task TrafficAsync()
    {
        foreach (var (key, protocol) in new[] { (Web, ProtocolType.Tcp), (Web6, ProtocolType.Tcp), (Names, ProtocolType.Udp) })
        {
            for (int i = 0; i < 10; i++)
                Hold(await Sockets.ConnectAsync(Net.Client, Endpoint(key), protocol));
        }

        // The last packet of a connection is a bare acknowledgement, so wait until nothing comes any more.
        ulong packets = 0;
        await Eventually.HoldsAsync(async () =>
        {
            var services = await Ipvs.GetServicesAsync(Cancellation);
            ulong now = services.Aggregate(0ul, (sum, state) => sum + state.Statistics.IncomingPackets);
            ulong last = Interlocked.Exchange(ref packets, now);
            Assert.All(services, state => Assert.Equal(10ul, state.Statistics.Connections));
            Assert.Equal(last, now);
        });
    }

    // Between two looks of the estimator both listings show the same; across one they may not.
    private Task AgreeAsync(string listing, Func<IpvsStatistics, ulong[]> columns) => Eventually.HoldsAsync(async () =>
    {
        var text = await Net.Balancer.IpvsadmAsync(listing);
        var expected = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(3)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words => string.Join(' ', words[1..])).Order(StringComparer.Ordinal);
        var pools = await Ipvs.GetPoolsAsync(Cancellation);
        var actual = pools.SelectMany(pool => pool.Destinations.Select(state => Row(state.Destination.ToString(), columns(state.Statistics)))
            .Prepend(Row(pool.Service.Service.Key.ToString().Split(' ')[1], columns(pool.Service.Statistics)))).Order(StringComparer.Ordinal);
        Assert.Equal(expected, actual);
    });

    private static string Row(string name, ulong[] columns) => string.Join(' ', columns.Select(value => value.ToString(CultureInfo.InvariantCulture)).Prepend(name));
}
