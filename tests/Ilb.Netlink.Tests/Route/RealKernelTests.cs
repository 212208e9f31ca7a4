using System.Net;
using System.Net.NetworkInformation;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;
using Ilb.Netlink.Transport;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Route;

/// <summary>The machine's own kernel, read only: the socket, its options and the layout of real answers. Needs no privilege.</summary>
public sealed class RealKernelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_way_to_oneself_is_by_the_loopback()
    {
        using var route = new RouteClient();
        var way = await route.FindRouteAsync(IPAddress.Loopback, Token);
        Assert.Equal((1, null, IPAddress.Loopback), (way!.LinkIndex, way.Gateway, way.Source));
        Assert.Equal("lo", (await route.FindLinkByIndexAsync(way.LinkIndex, Token))!.Name);
    }

    [Fact]
    public async Task The_loopback_is_found_as_NET_finds_it()
    {
        using var route = new RouteClient();
        var link = await route.FindLinkAsync("lo", Token);
        var expected = NetworkInterface.GetAllNetworkInterfaces().Single(device => device.Name == "lo");
        Assert.NotNull(link);
        Assert.Equal("lo", link.Name);
        Assert.True(link.States.HasFlag(LinkStates.Loopback));
        Assert.Equal(expected.GetIPProperties().GetIPv4Properties().Index, link.Index);
        Assert.Equal(expected.GetIPProperties().GetIPv4Properties().Mtu, link.Mtu);
        Assert.Equal(expected.GetPhysicalAddress(), link.HardwareAddress);
    }

    [Fact]
    public async Task A_link_that_does_not_exist_is_null()
    {
        using var route = new RouteClient();
        Assert.Null(await route.FindLinkAsync("no-such-link", Token));
    }

    [Fact]
    public async Task Links_and_neighbours_are_listed_and_the_way_to_the_loopback_is_local()
    {
        using var route = new RouteClient();
        Assert.Superset(NetworkInterface.GetAllNetworkInterfaces().Select(device => device.Name).ToHashSet(), (await route.GetLinksAsync(Token)).Select(link => link.Name).ToHashSet());
        Assert.All(await route.GetNeighborsAsync(Token), neighbor => Assert.True(neighbor.LinkIndex > 0));
        Assert.Equal(RouteKind.Local, (await route.FindRouteAsync(IPAddress.Loopback, Token))!.Kind);
    }

    [Fact]
    public async Task Addresses_are_listed_as_NET_lists_them()
    {
        using var route = new RouteClient();
        var addresses = await route.GetAddressesAsync(Token);
        Assert.Contains(addresses, state => state.Address.Equals(IPAddress.Loopback) && state.PrefixLength == 8 && state.States.HasFlag(InterfaceAddressStates.Permanent));
        var expected = NetworkInterface.GetAllNetworkInterfaces().SelectMany(device => device.GetIPProperties().UnicastAddresses).Select(address => address.Address);
        Assert.Superset(expected.Select(Unscoped).ToHashSet(), addresses.Select(state => state.Address).ToHashSet());

        static IPAddress Unscoped(IPAddress address) => new(address.GetAddressBytes());
    }

    [Fact]
    public async Task Many_calls_on_one_client_and_many_clients_at_once_get_their_own_answers()
    {
        using var route = new RouteClient();
        var links = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => route.FindLinkAsync(i % 2 == 0 ? "lo" : "no-such-link", Token), Token)));
        Assert.All(links.Index(), pair => Assert.Equal(pair.Index % 2 == 0 ? "lo" : null, pair.Item?.Name));
    }

    [Fact]
    public async Task A_client_leaves_no_descriptor_behind()
    {
        // Others run beside this one: only netlink sockets of this test's making are looked at, by their inodes.
        var before = NetlinkSockets();
        for (int i = 0; i < 50; i++)
        {
            using var route = new RouteClient();
            await route.FindLinkAsync("lo", Token);
        }

        // Collected or not, what is disposed is closed.
        Assert.InRange(NetlinkSockets() - before, -50, 20);
    }

    [Fact]
    public void A_truncated_datagram_tells_its_full_length_and_an_empty_queue_times_out()
    {
        using var socket = NetlinkSocket.Open(RouteConstants.Protocol);
        Assert.InRange(socket.MaximumRequests, 1, int.MaxValue);
        // RTM_GETADDR, REQUEST and DUMP.
        socket.Send(KernelBytes.Message(22, 0x301, 1, new byte[8]));
        var buffer = new byte[64];
        Assert.InRange(socket.Receive(buffer, TimeSpan.FromSeconds(10)), 65, int.MaxValue);
        Assert.Equal(20, buffer[4]);
        while (socket.Receive(buffer, TimeSpan.Zero) != NetlinkReceive.TimedOut)
        {
        }

        Assert.Equal(NetlinkReceive.TimedOut, socket.Receive(buffer, TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public void A_full_queue_is_an_overrun_and_what_is_in_it_still_comes()
    {
        using var socket = NetlinkSocket.Open(RouteConstants.Protocol);
        // Links that do not exist: each is refused, and the refusals are not received.
        var request = KernelBytes.Message(18, 5, 1, new byte[16], KernelBytes.Text(3, "no-such-link"));
        for (int i = 0; i < 20 * socket.MaximumRequests; i++)
            socket.Send(request);
        var buffer = new byte[4096];
        Assert.Equal(NetlinkReceive.Overrun, socket.Receive(buffer, TimeSpan.Zero));
        int queued = 0;
        while (socket.Receive(buffer, TimeSpan.Zero) > 0)
            queued++;
        Assert.InRange(queued, socket.MaximumRequests, 20 * socket.MaximumRequests - 1);
    }

    [Fact]
    public void As_many_requests_as_the_socket_allows_in_one_send_lose_no_answer()
    {
        using var socket = NetlinkSocket.Open(RouteConstants.Protocol);
        var request = KernelBytes.Message(18, 5, 1, new byte[16], KernelBytes.Text(3, "no-such-link"));
        int count = Math.Min(socket.MaximumRequests, NetlinkConnection.SendBufferLength / request.Length);
        socket.Send(KernelBytes.Join([.. Enumerable.Repeat(request, count)]));
        var buffer = new byte[4096];
        for (int i = 0; i < count; i++)
            Assert.InRange(socket.Receive(buffer, TimeSpan.Zero), 36, buffer.Length);
        Assert.Equal(NetlinkReceive.TimedOut, socket.Receive(buffer, TimeSpan.Zero));
    }

    [Fact]
    public void A_protocol_that_the_kernel_lacks_is_unavailable()
    {
        var error = Assert.Throws<NetlinkException>(() => NetlinkSocket.Open(31));
        Assert.Equal(NetlinkErrorCode.Unavailable, error.Code);
    }

    [Fact]
    public async Task A_kernel_without_IPVS_is_told_with_what_to_do()
    {
        Assert.SkipWhen(Directory.Exists("/proc/sys/net/ipv4/vs"), "this kernel has IPVS");
        using var ipvs = new IpvsClient();
        var error = await Assert.ThrowsAsync<NetlinkException>(() => ipvs.GetKernelAsync(Token));
        Assert.SkipWhen(error.Code == NetlinkErrorCode.PermissionDenied, "the module came with the call, and this needs CAP_NET_ADMIN");
        Assert.Equal((NetlinkErrorCode.Unavailable, 2), (error.Code, error.Errno));
    }

    private static int NetlinkSockets()
    {
        var inodes = File.ReadLines("/proc/self/net/netlink").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]).ToHashSet();
        return Directory.EnumerateFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget is { } target && target.StartsWith("socket:[", StringComparison.Ordinal) && inodes.Contains(target[8..^1]));
    }
}
