using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Kernel;

/// <summary>The cases of google/seesaw's ipvs_test_tool: two of an address and two of a mark, four destinations each, added, changed one after the other and removed.</summary>
public sealed class SeesawTests : KernelTest
{
    [Fact]
    public async Task Services_with_four_destinations_are_added_updated_and_deleted()
    {
        foreach (var (service, servers, method) in Cases())
        {
            await Ipvs.AddServiceAsync(service, Cancellation);
            var destinations = servers.Select((server, i) => Make.Destination(server, method, i + 1)).ToArray();
            foreach (var destination in destinations)
                await Ipvs.AddDestinationAsync(service.Key, destination, Cancellation);
            await HoldsAsync(service, destinations);

            var changed = service with { Scheduler = "lc" };
            await Ipvs.UpdateServiceAsync(changed, Cancellation);
            await HoldsAsync(changed, destinations);

            for (int i = 0; i < destinations.Length; i++)
            {
                destinations[i] = destinations[i] with { Weight = 1000 };
                await Ipvs.UpdateDestinationAsync(service.Key, destinations[i], Cancellation);
                await HoldsAsync(changed, destinations);
            }

            while (destinations is [var first, .. var rest])
            {
                await Ipvs.RemoveDestinationAsync(service.Key, first.Address, first.Port, Cancellation);
                await HoldsAsync(changed, destinations = rest);
            }

            await Ipvs.RemoveServiceAsync(service.Key, Cancellation);
            Assert.Null(await Ipvs.FindServiceAsync(service.Key, Cancellation));
        }
    }

    private static IEnumerable<(IpvsService Service, string[] Servers, IpvsForwarding Method)> Cases() =>
    [
        (Make.Service(Make.Tcp("192.168.36.1:80"), "wlc"), V4(80), IpvsForwarding.DirectRouting),
        (Make.Service(Make.Udp("[2015:cafe:36::1]:53"), "wrr"), V6(53), IpvsForwarding.DirectRouting),
        (Make.Service(IpvsServiceKey.ForFirewallMark(1), "wlc"), V4(0), IpvsForwarding.DirectRouting),
        (Make.Service(IpvsServiceKey.ForFirewallMark(2, AddressFamily.InterNetworkV6), "wrr"), V6(0), IpvsForwarding.Tunnel),
    ];

    private static string[] V4(int port) => [.. Enumerable.Range(2, 4).Select(i => new IPEndPoint(new IPAddress([192, 168, 37, (byte)i]), port).ToString())];

    private static string[] V6(int port) => [.. Enumerable.Range(2, 4).Select(i => $"[2015:cafe:37::{i}]:{port}")];

    private async Task HoldsAsync(IpvsService service, IEnumerable<IpvsDestination> destinations)
    {
        Assert.Equal(service, (await Ipvs.FindServiceAsync(service.Key, Cancellation))?.Service);
        Assert.Equal(destinations.ToHashSet(), (await Ipvs.GetDestinationsAsync(service.Key, Cancellation)).Select(state => state.Destination).ToHashSet());
    }
}
