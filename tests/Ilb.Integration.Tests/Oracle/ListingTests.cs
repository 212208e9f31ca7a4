using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Oracle;

/// <summary>The listings of ipvsadm beside ours.</summary>
public sealed class ListingTests : KernelTest
{
    [Fact]
    public async Task Thresholds_weights_and_tunnels_are_what_ipvsadm_lists()
    {
        // Each 53rd of the services, with 9 destinations each: every weight, threshold and tunnel.
        var pools = Combinations.Services().Where((_, i) => i % 53 == 0).Select((service, i) => new Pool(service, Combinations.Destinations(service.Key, i))).ToArray();
        await ApplyAsync(pools.SelectMany(pool => pool.Additions()));
        var destinations = pools.SelectMany(pool => pool.Destinations).ToArray();

        Assert.Equal(Rows(destinations, to => $"{to.UpperThreshold} {to.LowerThreshold} 0 0"), Rows(await Space.IpvsadmAsync("-Ln --thresholds")));
        Assert.Equal(Rows(destinations, to => $"{to.Weight} 0 0 0"), Rows(await Space.IpvsadmAsync("-Ln --persistent-conn")));
        Assert.Equal(Rows(destinations, to => $"{Forward(to)} {Tunnel(to)} {to.Weight} 0 0"), Rows(await Space.IpvsadmAsync("-Ln --tun-info")));
        Assert.Equal(Rows(destinations, _ => "0 0 0 0 0"), Rows(await Space.IpvsadmAsync("-Ln --stats --exact")));
    }

    [Fact]
    public async Task What_only_ipvsadm_can_be_asked_for_is_read_back()
    {
        await Space.IpvsadmAsync("-R", """
            -A -t 192.0.2.1:80 -s none
            -A -t 192.0.2.1:81 -s rr -p 300 -M 255.0.255.0
            -A -t 192.0.2.1:82 -s rr -p 7 -M 0.0.0.0
            -A -f 9 -s wrr -b flag-1,flag-3
            -A -f 9 -6 -s lblcr -p
            -A -t 192.0.2.1:0 -s mh -p 60 -b mh-fallback
            -a -f 9 -r 10.0.0.1:0 -m -w 3 -x 20 -y 10
            -a -f 9 -r 10.0.0.1:80 -g -x 20
            -a -f 9 -6 -r 10.0.0.1:0 -i --tun-type gue --tun-port 6080
            -a -f 9 -r [2001:db8::2]:0 -i --tun-type gre --tun-csum

            """);

        var netmask = IpvsNetmask.FromAddress(IPAddress.Parse("255.0.255.0"));
        Assert.Null(netmask.PrefixLength);
        var mark = IpvsServiceKey.ForFirewallMark(9);
        var mark6 = IpvsServiceKey.ForFirewallMark(9, AddressFamily.InterNetworkV6);
        // Without a timeout ipvsadm sets six minutes, though its manual page says five.
        IpvsService[] services =
        [
            new() { Key = Key(80), Scheduler = "none" },
            new() { Key = Key(81), Scheduler = "rr", Persistence = new() { Netmask = netmask } },
            new() { Key = Key(82), Scheduler = "rr", Persistence = new() { Timeout = TimeSpan.FromSeconds(7), Netmask = IpvsNetmask.FromPrefixLength(0, AddressFamily.InterNetwork) } },
            new() { Key = mark, Scheduler = "wrr", SchedulerOptions = IpvsSchedulerOptions.Flag1 | IpvsSchedulerOptions.Flag3 },
            new() { Key = mark6, Scheduler = "lblcr", Persistence = new() { Timeout = TimeSpan.FromSeconds(360) } },
            new() { Key = Key(0), Scheduler = "mh", SchedulerOptions = IpvsSchedulerOptions.Fallback, Persistence = new() { Timeout = TimeSpan.FromSeconds(60) } },
        ];
        Assert.Equal(services.ToHashSet(), (await Ipvs.GetServicesAsync(Cancellation)).Select(state => state.Service).ToHashSet());

        var v4 = IPAddress.Parse("10.0.0.1");
        IpvsDestination[] marked =
        [
            new() { Address = v4, Port = 0, Weight = 3, UpperThreshold = 20, LowerThreshold = 10 },
            new() { Address = v4, Port = 80, Forwarding = IpvsForwarding.DirectRouting, UpperThreshold = 20 },
            new() { Address = IPAddress.Parse("2001:db8::2"), Port = 0, Forwarding = IpvsForwarding.Tunnel, Tunnel = new() { Kind = IpvsTunnelKind.Gre, Checksum = IpvsTunnelChecksum.Full } },
        ];
        Assert.Equal(marked.ToHashSet(), (await Ipvs.GetDestinationsAsync(mark, Cancellation)).Select(state => state.Destination).ToHashSet());
        Assert.Equal(
            new IpvsDestination { Address = v4, Port = 0, Forwarding = IpvsForwarding.Tunnel, Tunnel = new() { Kind = IpvsTunnelKind.Gue, Port = 6080 } },
            Assert.Single(await Ipvs.GetDestinationsAsync(mark6, Cancellation)).Destination);

        // ipvsadm lists a service without a scheduler; it can be read, written and given one.
        await Ipvs.UpdateServiceAsync(services[0] with { Scheduler = "rr" }, Cancellation);
        await Ipvs.UpdateServiceAsync(services[0], Cancellation);
        Assert.Contains("TCP  192.0.2.1:80 none\n", await Space.IpvsadmAsync("-Ln"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sample_prints_what_ipvsadm_prints_to_the_byte()
    {
        var pools = Combinations.Services()
            .Where((service, i) => i % 97 == 0 && (service.Key.Address is not { AddressFamily: AddressFamily.InterNetworkV6 } address || address.GetAddressBytes()[0] < 128))
            .Select((service, i) => new Pool(service, [.. Combinations.Destinations(service.Key, i).Take(i % 10)]))
            .ToArray();
        await ApplyAsync(pools.SelectMany(pool => pool.Additions()));
        await ApplyAsync(new IpvsOperation.AddService
        {
            Service = new IpvsService { Key = Key(9), Scheduler = "lc", SchedulerOptions = IpvsSchedulerOptions.Flag1 | IpvsSchedulerOptions.Flag2 | IpvsSchedulerOptions.Flag3 },
        });

        var words = Sample.CommandLine("IpvsList", Space.Path).ToArray();
        Assert.Equal(await Space.IpvsadmAsync("-Ln"), await Command.RunAsync(words[0], words[1..]));
    }

    private static IpvsServiceKey Key(ushort port) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), port);

    private static SortedSet<string> Rows(IEnumerable<IpvsDestination> destinations, Func<IpvsDestination, string> columns) =>
        new(destinations.Select(to => $"{IpvsadmText.Endpoint(to.Address, to.Port)} {columns(to)}"), StringComparer.Ordinal);

    private static SortedSet<string> Rows(string listing) => new(
        EveryCombinationTests.Lines(listing).Where(line => line.StartsWith("  -> ", StringComparison.Ordinal)).Skip(1)
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))),
        StringComparer.Ordinal);

    private static string Forward(IpvsDestination to) => to.Forwarding switch
    {
        IpvsForwarding.Masquerading => "Masq",
        IpvsForwarding.DirectRouting => "Route",
        _ => "Tunnel",
    };

    private static string Tunnel(IpvsDestination to)
    {
        if (to.Forwarding != IpvsForwarding.Tunnel)
            return "n/a";
        string checksum = to.Tunnel.Checksum switch
        {
            IpvsTunnelChecksum.None => "-c",
            IpvsTunnelChecksum.Full => "+c",
            _ => "r+c",
        };
        return to.Tunnel.Kind switch
        {
            IpvsTunnelKind.Ipip => "ipip",
            IpvsTunnelKind.Gre => $"gre:{checksum}",
            _ => string.Create(CultureInfo.InvariantCulture, $"gue:{to.Tunnel.Port}:{checksum}"),
        };
    }
}
