using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Kernel;

public sealed class DestinationTests : KernelTest
{
    private static readonly IpvsServiceKey Web = Make.Tcp("192.0.2.1:80");
    private static readonly IpvsServiceKey Web6 = Make.Tcp("[2001:db8::1]:80");

    /// <summary>moby/ipvs TestDestination: protocols × families × forwarding, each updated to each other.</summary>
    [Fact]
    public async Task A_destination_changes_from_each_forwarding_to_each_other_and_goes()
    {
        IpvsForwarding[] methods = [IpvsForwarding.Masquerading, IpvsForwarding.Tunnel, IpvsForwarding.DirectRouting];
        (IpvsServiceKey Key, string[] Servers)[] services =
        [
            (Make.Tcp("1.2.3.4:80"), ["10.1.1.2:5000", "10.1.1.3:5000", "10.1.1.4:5000"]),
            (Make.Udp("1.2.3.4:53"), ["10.1.1.2:5000", "10.1.1.3:5000", "10.1.1.4:5000"]),
            (IpvsServiceKey.ForFirewallMark(3333), ["10.1.1.2:5000", "10.1.1.3:5000", "10.1.1.4:5000"]),
            (Make.Tcp("[2001:db8:3c4d:15::1a00]:80"), ["[::1a2b]:5000", "[::1a2c]:5000", "[::1a2d]:5000"]),
            (Make.Udp("[2001:db8:3c4d:15::1a00]:53"), ["[::1a2b]:5000", "[::1a2c]:5000", "[::1a2d]:5000"]),
            (IpvsServiceKey.ForFirewallMark(3333, AddressFamily.InterNetworkV6), ["[::1a2b]:5000", "[::1a2c]:5000", "[::1a2d]:5000"]),
        ];
        await ApplyAsync(services.Select(service => Make.Add(service.Key)));
        foreach (var (key, servers) in services)
        {
            await ApplyAsync(servers.Select((server, i) => Make.Add(key, Make.Destination(server, methods[i]))));
            foreach (var method in methods)
            {
                var wanted = servers.Select(server => Make.Destination(server, method)).ToArray();
                await ApplyAsync(wanted.Select(destination => Make.Update(key, destination)));
                Assert.Equal(wanted.ToHashSet(), await DestinationsAsync(key));
            }

            await ApplyAsync(servers.Select(server => Make.Remove(key, Make.Destination(server))));
            Assert.Empty(await Ipvs.GetDestinationsAsync(key, Cancellation));
        }
    }

    [Fact]
    public async Task Destinations_that_exist_or_do_not_are_named_in_the_refusal()
    {
        var real = Make.Destination("10.0.0.1:80");
        await ApplyAsync(Make.Add(Web), Make.Add(Web, real));
        await RefusesAsync(Make.Add(Web, real with { Weight = 5 }), NetlinkErrorCode.AlreadyExists, 17,
            "add destination 10.0.0.1:80 to service TCP 192.0.2.1:80: the service has that destination");
        var other = Make.Destination("10.0.0.1:81");
        await RefusesAsync(Make.Update(Web, other), NetlinkErrorCode.NotFound, 2,
            "update destination 10.0.0.1:81 of service TCP 192.0.2.1:80: the service has no such destination");
        await RefusesAsync(Make.Remove(Web, other), NetlinkErrorCode.NotFound, 2,
            "remove destination 10.0.0.1:81 of service TCP 192.0.2.1:80: the service has no such destination");
        Assert.Equal([real], await DestinationsAsync(Web));
    }

    [Fact]
    public async Task Values_that_the_kernel_cannot_mean_are_refused_when_added_and_when_updated()
    {
        var real = Make.Destination("10.0.0.1:80");
        await ApplyAsync(Make.Add(Web), Make.Add(Web, real));
        foreach (var (bad, errno, words) in new (IpvsDestination, int, string)[]
        {
            (real with { LowerThreshold = 1 }, 34, "the lower threshold is above the upper one"),
            (real with { UpperThreshold = 4, LowerThreshold = 5 }, 34, "the lower threshold is above the upper one"),
            (real with { Forwarding = IpvsForwarding.Tunnel, Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gue } }, 22, "a GUE tunnel needs a port"),
            (real with { Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gue } }, 22, "a GUE tunnel needs a port"),
        })
        {
            await RefusesAsync(Make.Add(Web, bad with { Port = 81 }), NetlinkErrorCode.InvalidArgument, errno,
                $"add destination 10.0.0.1:81 to service TCP 192.0.2.1:80: {words}");
            await RefusesAsync(Make.Update(Web, bad), NetlinkErrorCode.InvalidArgument, errno,
                $"update destination 10.0.0.1:80 of service TCP 192.0.2.1:80: {words}");
        }

        Assert.Equal([real], await DestinationsAsync(Web));
    }

    [Fact]
    public async Task Addresses_that_no_server_can_have_are_refused()
    {
        await ApplyAsync(Make.Add(Web), Make.Add(Web6));
        // Judged by the kernel's routes (inet_addr_type), so loopback and addresses without a route are fine.
        foreach (string address in (string[])["224.0.0.1:80", "255.255.255.255:80", "0.0.0.0:80"])
        {
            await RefusesAsync(Make.Add(Web, Make.Destination(address)), NetlinkErrorCode.InvalidArgument, 22,
                $"add destination {address} to service TCP 192.0.2.1:80: the kernel takes {address.Split(':')[0]} for no unicast address; is `lo` up in this network namespace?");
        }

        foreach (string address in (string[])["[ff02::1]:80", "[fe80::1]:80", "[::]:80"])
        {
            await RefusesAsync(Make.Add(Web6, Make.Destination(address)), NetlinkErrorCode.InvalidArgument, 22,
                $"add destination {address} to service TCP [2001:db8::1]:80: the kernel takes {address.Split(']')[0][1..]} for no unicast address; is `lo` up in this network namespace?");
        }

        await ApplyAsync(Make.Add(Web, Make.Destination("127.0.0.1:80")), Make.Add(Web, Make.Destination("203.0.113.1:80")), Make.Add(Web6, Make.Destination("[::1]:80")));
    }

    [Fact]
    public async Task Another_family_than_the_services_goes_by_tunnel_only()
    {
        await ApplyAsync(Make.Add(Web), Make.Add(Web6));
        foreach (var (key, server) in new[] { (Web, "[2001:db8::2]:80"), (Web6, "10.0.0.1:80") })
        {
            foreach (var method in (IpvsForwarding[])[IpvsForwarding.Masquerading, IpvsForwarding.DirectRouting, IpvsForwarding.Local, IpvsForwarding.Bypass])
            {
                await RefusesAsync(Make.Add(key, Make.Destination(server, method)), NetlinkErrorCode.InvalidArgument, 22,
                    $"add destination {server} to service {key}: a destination of the other address family needs a tunnel");
            }

            var tunnel = Make.Destination(server, IpvsForwarding.Tunnel);
            await ApplyAsync(Make.Add(key, tunnel));
            await RefusesAsync(Make.Update(key, Make.Destination(server)), NetlinkErrorCode.InvalidArgument, 22,
                $"update destination {server} of service {key}: a destination of the other address family needs a tunnel");
            Assert.Equal([tunnel], await DestinationsAsync(key));
            await ApplyAsync(Make.Remove(key, tunnel));
            Assert.Empty(await DestinationsAsync(key));
        }
    }

    [Fact]
    public async Task An_update_without_tunnel_makes_it_plain_again()
    {
        var plain = Make.Destination("10.0.0.1:80", IpvsForwarding.Tunnel);
        var gue = plain with { Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 6080, Checksum = IpvsTunnelChecksum.Remote } };
        await ApplyAsync(Make.Add(Web), Make.Add(Web, gue));
        Assert.Equal([gue], await DestinationsAsync(Web));
        await ApplyAsync(Make.Update(Web, plain));
        Assert.Equal([plain], await DestinationsAsync(Web));
        Assert.Contains("Tunnel  ipip ", await Space.IpvsadmAsync("-Ln --tun-info"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kernel_keeps_tunnels_that_make_no_sense_and_forwarding_that_ipvsadm_cannot_set()
    {
        IpvsDestination[] odd =
        [
            Make.Destination("10.0.0.1:80", IpvsForwarding.Local),
            Make.Destination("10.0.0.2:80", IpvsForwarding.Bypass),
            // A port and a checksum that IPIP ignores, remote checksums for GRE, a tunnel without tunnelling.
            Make.Destination("10.0.0.3:80", IpvsForwarding.Tunnel) with { Tunnel = new IpvsTunnel { Port = 9, Checksum = IpvsTunnelChecksum.Full } },
            Make.Destination("10.0.0.4:80", IpvsForwarding.Tunnel) with { Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gre, Port = 9, Checksum = IpvsTunnelChecksum.Remote } },
            Make.Destination("10.0.0.5:80", IpvsForwarding.DirectRouting) with { Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gre } },
            // ipvsadm gives tunnels and direct routing the service's port; the kernel takes any.
            Make.Destination("10.0.0.6:8080", IpvsForwarding.DirectRouting),
        ];
        await ApplyAsync(odd.Select(destination => Make.Add(Web, destination)).Prepend(Make.Add(Web)));
        Assert.Equal(odd.ToHashSet(), await DestinationsAsync(Web));
        string text = await Space.IpvsadmAsync("-Ln");
        Assert.Contains("10.0.0.1:80                  Local ", text, StringComparison.Ordinal);
        Assert.Contains("10.0.0.6:8080                Route ", text, StringComparison.Ordinal);
    }

    private async Task<HashSet<IpvsDestination>> DestinationsAsync(IpvsServiceKey key) =>
        (await Ipvs.GetDestinationsAsync(key, Cancellation)).Select(state => state.Destination).ToHashSet();
}
