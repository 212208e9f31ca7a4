using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Traffic;

public sealed class ConnectionTableTests() : TrafficTest(servers: 2)
{
    [Fact]
    public async Task Connections_of_each_protocol_are_what_ipvsadm_lists()
    {
        Assert.Empty(await ListAsync());
        var (tcp, tcp6, udp, udp6, sctp) = (Vip(IpvsProtocol.Tcp, 80), Vip(IpvsProtocol.Tcp, 80, six: true), Vip(IpvsProtocol.Udp, 53), Vip(IpvsProtocol.Udp, 53, six: true), Vip(IpvsProtocol.Sctp, 99));
        foreach (var key in (IpvsServiceKey[])[tcp, tcp6, udp, udp6, sctp])
            await ServeAsync(new IpvsService { Key = key, Scheduler = "rr" }, 8080);
        for (int number = 1; number <= 2; number++)
        {
            var server = Net.Servers[number - 1];
            foreach (var address in (IPAddress[])[TestNetwork.Server(number), TestNetwork.Server6(number)])
            {
                Hold(EchoServer.Tcp(server, address, 8080));
                Hold(EchoServer.Udp(server, address, 8080));
            }

            var listener = Hold(Sockets.OpenSctp(server));
            listener.Bind(new IPEndPoint(TestNetwork.Server(number), 8080));
            listener.Listen();
        }

        var expected = new List<(string, IPEndPoint, IPEndPoint, string)>();
        foreach (var (key, protocol, name, state) in new[]
        {
            (tcp, ProtocolType.Tcp, "TCP", "ESTABLISHED"), (tcp6, ProtocolType.Tcp, "TCP", "ESTABLISHED"), (udp, ProtocolType.Udp, "UDP", "UDP"), (udp6, ProtocolType.Udp, "UDP", "UDP"),
        })
        {
            for (int i = 0; i < 4; i++)
            {
                var socket = Hold(await Sockets.ConnectAsync(Net.Client, Endpoint(key), protocol));
                expected.Add((name, (IPEndPoint)socket.LocalEndPoint!, Endpoint(key), state));
            }
        }

        var association = Hold(Sockets.OpenSctp(Net.Client));
        association.Bind(new IPEndPoint(TestNetwork.ClientAddress, 40_000));
        await association.ConnectAsync(Endpoint(sctp), Cancellation);
        expected.Add(("SCTP", new IPEndPoint(TestNetwork.ClientAddress, 40_000), Endpoint(sctp), "ESTABLISHED"));

        var list = await AgreeAsync();
        Assert.Equal(
            expected.ToHashSet(),
            list.Select(entry => (entry.Protocol, new IPEndPoint(entry.ClientAddress, entry.ClientPort), new IPEndPoint(entry.VirtualAddress, entry.VirtualPort), entry.State)).ToHashSet());
        Assert.All(list, entry => Assert.Equal(8080, entry.DestinationPort));
        // Round robin of two: each has half of them.
        Assert.All(list.Where(entry => entry.Protocol != "SCTP").GroupBy(entry => (entry.Protocol, entry.DestinationAddress)), group => Assert.Equal(2, group.Count()));
        Assert.All(list, entry => Assert.InRange(entry.Expires, TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(900)));

        var servers = await Ipvs.GetDestinationsAsync(tcp, Cancellation);
        Assert.All(servers, state => Assert.Equal((2u, 0u), (state.ActiveConnections, state.InactiveConnections)));
        Assert.All(await Ipvs.GetDestinationsAsync(udp, Cancellation), state => Assert.Equal((0u, 2u), (state.ActiveConnections, state.InactiveConnections)));
    }

    [Fact]
    [Trait("Needs", "nftables")]
    public async Task Templates_of_addresses_and_marks_are_what_ipvsadm_lists()
    {
        var sticky = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(100), Netmask = IpvsNetmask.FromPrefixLength(24, AddressFamily.InterNetwork) };
        var sticky6 = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(200), Netmask = IpvsNetmask.FromPrefixLength(64, AddressFamily.InterNetworkV6) };
        var (web, web6, mark) = (Vip(IpvsProtocol.Tcp, 80), Vip(IpvsProtocol.Tcp, 80, six: true), IpvsServiceKey.ForFirewallMark(0x01020304));
        await Net.Balancer.NftAsync("""
            table ip test {
                chain marks {
                    type filter hook prerouting priority mangle
                    ip daddr 10.0.0.100 tcp dport 7000-7009 meta mark set 0x01020304
                }
            }
            """);
        await ServeAsync(new IpvsService { Key = web, Scheduler = "rr", Persistence = sticky }, 8080);
        await ServeAsync(new IpvsService { Key = web6, Scheduler = "rr", Persistence = sticky6 }, 8080);
        await ServeAsync(new IpvsService { Key = mark, Scheduler = "rr", Persistence = sticky }, 0);
        for (int number = 1; number <= 2; number++)
        {
            foreach (var (address, port) in new[] { (TestNetwork.Server(number), 8080), (TestNetwork.Server6(number), 8080), (TestNetwork.Server(number), 7003), (TestNetwork.Server(number), 7004) })
                Hold(EchoServer.Tcp(Net.Servers[number - 1], address, port));
        }

        foreach (var to in (IPEndPoint[])[Endpoint(web), Endpoint(web), Endpoint(web6), Endpoint(web6), new(TestNetwork.Vip, 7003), new(TestNetwork.Vip, 7004)])
            Hold(await Sockets.ConnectAsync(Net.Client, to));

        var list = await AgreeAsync();
        Assert.Equal(6, list.Count(entry => entry.ClientPort != 0));
        var templates = list.Where(entry => entry.ClientPort == 0).ToDictionary(entry => entry.Protocol + entry.VirtualAddress.AddressFamily);
        Assert.Equal(3, templates.Count);
        var (byAddress, byAddress6, byMark) = (templates["TCPInterNetwork"], templates["TCPInterNetworkV6"], templates["IPInterNetwork"]);
        Assert.Equal(("10.0.0.0", "10.0.0.100", (ushort)80, (ushort)8080), (byAddress.ClientAddress.ToString(), byAddress.VirtualAddress.ToString(), byAddress.VirtualPort, byAddress.DestinationPort));
        Assert.Equal(("fd00::", "fd00::100", (ushort)80), (byAddress6.ClientAddress.ToString(), byAddress6.VirtualAddress.ToString(), byAddress6.VirtualPort));
        Assert.Equal(("10.0.0.0", "1.2.3.4", (ushort)0, (ushort)0), (byMark.ClientAddress.ToString(), byMark.VirtualAddress.ToString(), byMark.VirtualPort, byMark.DestinationPort));
        // Both connections of each went where the template says.
        Assert.All(list.GroupBy(entry => entry.DestinationPort is 7003 or 7004 or 0 ? "mark" : entry.VirtualAddress.ToString()), group => Assert.Single(group.Select(entry => entry.DestinationAddress).Distinct()));

        var persistent = (await Ipvs.GetPoolsAsync(Cancellation)).SelectMany(pool => pool.Destinations).Select(state => (state.Destination.ToString(), state.PersistentConnections)).Order();
        Assert.Equal(3u, (uint)persistent.Sum(row => row.PersistentConnections));
        var rows = (await Net.Balancer.IpvsadmAsync("-Ln --persistent-conn")).Split('\n').Where(line => line.StartsWith("  -> ", StringComparison.Ordinal)).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words => (words[1], uint.Parse(words[3], CultureInfo.InvariantCulture))).Order();
        Assert.Equal(rows, persistent);
    }

    [Fact]
    public async Task Entries_of_the_sip_engine_and_of_tunnels_to_the_other_family_are_what_ipvsadm_lists()
    {
        var (phone, crossing) = (Vip(IpvsProtocol.Udp, 5060), Vip(IpvsProtocol.Udp, 5353));
        await ServeAsync(new IpvsService { Key = phone, Scheduler = "rr", Persistence = new IpvsPersistence(), PersistenceEngine = "sip" }, 5060);
        await Ipvs.AddServiceAsync(new IpvsService { Key = crossing, Scheduler = "rr" }, Cancellation);
        await Ipvs.AddDestinationAsync(crossing, new IpvsDestination { Address = TestNetwork.Server6(2), Port = 5353, Forwarding = IpvsForwarding.Tunnel }, Cancellation);

        var socket = Hold(Sockets.Open(Net.Client, AddressFamily.InterNetwork, ProtocolType.Udp));
        await socket.SendToAsync("INVITE sip:a@b SIP/2.0\r\nCall-ID: one-call@10.0.0.2\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Endpoint(phone), Cancellation);
        await socket.SendToAsync("x"u8.ToArray(), Endpoint(crossing), Cancellation);

        await Eventually.HoldsAsync(async () => Assert.Equal(3, (await ListAsync()).Count));
        var list = await AgreeAsync();
        Assert.Equal(TestNetwork.Server6(2), Assert.Single(list, entry => entry.VirtualPort == 5353).DestinationAddress);
        Assert.Equal(("sip", "one-call@10.0.0.2"), list.Where(entry => entry.PersistenceEngine is not null).Select(entry => (entry.PersistenceEngine, entry.PersistenceData)).Distinct().Single());
    }

    [Fact]
    public async Task Thousands_of_entries_are_streamed_whole()
    {
        var key = Vip(IpvsProtocol.Udp, 53);
        await ServeAsync(new IpvsService { Key = key, Scheduler = "rr" }, 8080);
        for (int port = 10_000; port < 13_000; port++)
        {
            using var socket = Sockets.Open(Net.Client, AddressFamily.InterNetwork, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(TestNetwork.ClientAddress, port));
            await socket.SendToAsync("x"u8.ToArray(), Endpoint(key), Cancellation);
        }

        await Eventually.HoldsAsync(async () => Assert.Equal(3_000, (await ListAsync()).Count));
        var list = await AgreeAsync();
        Assert.Equal(Enumerable.Range(10_000, 3_000), list.Select(entry => (int)entry.ClientPort).Order());

        // Whoever stops reading closes the file; a cancelled reader says so.
        Assert.Equal(10, await Ipvs.GetConnectionsAsync(Cancellation).Take(10).CountAsync(Cancellation));
        using var giveUp = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Ipvs.GetConnectionsAsync(giveUp.Token))
                await giveUp.CancelAsync();
        });
    }

    private async Task<List<IpvsConnection>> ListAsync() => await Ipvs.GetConnectionsAsync(Cancellation).ToListAsync(Cancellation);

    /// <summary>Our list, once it is the same as ipvsadm's: states may still be changing.</summary>
    private async Task<List<IpvsConnection>> AgreeAsync()
    {
        List<IpvsConnection> list = [];
        await Eventually.HoldsAsync(async () =>
        {
            list = await ListAsync();
            // pro expire state source virtual destination, below two lines of heading; the time left runs on.
            var rows = (await Net.Balancer.IpvsadmAsync("-Lnc")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words => string.Join(' ', words.Where((_, i) => i != 1)));
            Assert.Equal(rows.Order(StringComparer.Ordinal), list.Select(Row).Order(StringComparer.Ordinal));
        });
        return list;
    }

    private static string Row(IpvsConnection entry) => string.Join(
        ' ',
        entry.Protocol,
        entry.State,
        new IPEndPoint(entry.ClientAddress, entry.ClientPort),
        new IPEndPoint(entry.VirtualAddress, entry.VirtualPort),
        new IPEndPoint(entry.DestinationAddress, entry.DestinationPort));
}
