using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Kernel;

public sealed class ServiceTests : KernelTest
{
    private static readonly IpvsServiceKey Web = Make.Tcp("192.0.2.1:80");

    /// <summary>moby/ipvs TestService: protocols × schedulers × families, each updated to every other scheduler.</summary>
    [Fact]
    public async Task A_service_changes_from_each_scheduler_to_each_other_and_goes()
    {
        string[] schedulers = ["rr", "lc", "dh", "sh", "wlc", "wrr"];
        IpvsServiceKey[] keys =
        [
            Make.Tcp("1.2.3.4:80"), Make.Udp("1.2.3.4:53"), IpvsServiceKey.ForFirewallMark(1234),
            Make.Tcp("[2001:db8:3c4d:15::1a00]:80"), Make.Udp("[2001:db8:3c4d:15::1a00]:53"), IpvsServiceKey.ForFirewallMark(1234, AddressFamily.InterNetworkV6),
        ];
        foreach (string scheduler in schedulers)
        {
            await ApplyAsync(keys.Select(key => Make.Add(key, scheduler)));
            foreach (string other in schedulers.Where(other => other != scheduler))
            {
                await ApplyAsync(keys.Select(key => Make.Update(Make.Service(key, other))));
                Assert.Equal(keys.Select(key => Make.Service(key, other)).ToHashSet(), (await Ipvs.GetServicesAsync(Cancellation)).Select(state => state.Service).ToHashSet());
            }

            foreach (var key in keys)
                Assert.Equal(Make.Service(key, schedulers.Last(other => other != scheduler)), (await Ipvs.FindServiceAsync(key, Cancellation))?.Service);
            await ApplyAsync(keys.Select(Make.Remove));
            Assert.Empty(await Ipvs.GetServicesAsync(Cancellation));
        }
    }

    [Fact]
    public async Task A_flush_removes_all_services_and_may_find_none()
    {
        await ApplyAsync(Make.Add(Make.Tcp("10.20.30.40:80")), Make.Add(Make.Udp("10.20.30.41:8080"), "lc"));
        Assert.Equal(2, (await Ipvs.GetServicesAsync(Cancellation)).Count);
        await Ipvs.FlushAsync(Cancellation);
        Assert.Empty(await Ipvs.GetServicesAsync(Cancellation));
        await Ipvs.FlushAsync(Cancellation);
    }

    [Fact]
    public async Task Nothing_is_there_of_an_unknown_service()
    {
        Assert.Empty(await Ipvs.GetServicesAsync(Cancellation));
        Assert.Empty(await Ipvs.GetPoolsAsync(Cancellation));
        Assert.Null(await Ipvs.FindServiceAsync(Web, Cancellation));
        Assert.Null(await Ipvs.FindServiceAsync(IpvsServiceKey.ForFirewallMark(1), Cancellation));
        // The kernel answers with an empty list rather than an error.
        Assert.Empty(await Ipvs.GetDestinationsAsync(Web, Cancellation));
    }

    [Fact]
    public async Task Every_command_on_an_unknown_service_says_so()
    {
        var real = Make.Destination("10.0.0.1:80");
        foreach (var (operation, words) in new (IpvsOperation, string)[]
        {
            (Make.Update(Make.Service(Web)), "update service TCP 192.0.2.1:80"),
            (Make.Remove(Web), "remove service TCP 192.0.2.1:80"),
            (Make.Add(Web, real), "add destination 10.0.0.1:80 to service TCP 192.0.2.1:80"),
            (Make.Update(Web, real), "update destination 10.0.0.1:80 of service TCP 192.0.2.1:80"),
            (Make.Remove(Web, real), "remove destination 10.0.0.1:80 of service TCP 192.0.2.1:80"),
            (new IpvsOperation.ZeroCounters { Service = Web }, "zero the counters of service TCP 192.0.2.1:80"),
        })
        {
            await RefusesAsync(operation, NetlinkErrorCode.NotFound, 3, $"{words}: there is no such service");
        }
    }

    [Fact]
    public async Task A_second_service_of_a_key_is_refused_and_the_first_stays()
    {
        await ApplyAsync(Make.Add(Web, "wrr"));
        await RefusesAsync(Make.Add(Web, "rr"), NetlinkErrorCode.AlreadyExists, 17, "add service TCP 192.0.2.1:80: there is a service of that key");
        Assert.Equal("wrr", (await Ipvs.FindServiceAsync(Web, Cancellation))?.Service.Scheduler);
        // The same port of another protocol, and the same mark of another family, are other services.
        await ApplyAsync(
            Make.Add(Make.Udp("192.0.2.1:80")), Make.Add(Make.Key(IpvsProtocol.Sctp, "192.0.2.1:80")),
            Make.Add(IpvsServiceKey.ForFirewallMark(1)), Make.Add(IpvsServiceKey.ForFirewallMark(1, AddressFamily.InterNetworkV6)));
    }

    [Fact]
    public async Task An_unknown_scheduler_or_engine_is_refused_by_name()
    {
        var service = Make.Service(Web, "mysched");
        await RefusesAsync(Make.Add(service), NetlinkErrorCode.SchedulerNotFound, 2,
            "add service TCP 192.0.2.1:80: the kernel lacks the scheduler 'mysched'");
        await ApplyAsync(Make.Add(Web));
        await RefusesAsync(Make.Update(service), NetlinkErrorCode.SchedulerNotFound, 2,
            "update service TCP 192.0.2.1:80: the kernel lacks the scheduler 'mysched'");
        await RefusesAsync(Make.Update(Make.Service(Web) with { PersistenceEngine = "ftp" }), NetlinkErrorCode.SchedulerNotFound, 2,
            "update service TCP 192.0.2.1:80: the kernel lacks the scheduler 'rr' or the persistence engine 'ftp'");
        Assert.Equal(Make.Service(Web), (await Ipvs.FindServiceAsync(Web, Cancellation))?.Service);
    }

    [Fact]
    public async Task An_update_sets_every_member_and_takes_away_what_it_does_not_name()
    {
        var full = new IpvsService
        {
            Key = Make.Udp("192.0.2.1:5060"),
            Scheduler = "sh",
            SchedulerOptions = IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port | IpvsSchedulerOptions.Flag3,
            Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(77), Netmask = IpvsNetmask.FromPrefixLength(20, AddressFamily.InterNetwork) },
            PersistenceEngine = "sip",
            OnePacket = true,
        };
        var bare = Make.Service(full.Key, "sh");
        var real = Make.Destination("10.0.0.1:5060");
        await ApplyAsync(Make.Add(full), Make.Add(full.Key, real));
        Assert.Equal(full, (await Ipvs.FindServiceAsync(full.Key, Cancellation))?.Service);
        await ApplyAsync(Make.Update(bare));
        Assert.Equal(bare, (await Ipvs.FindServiceAsync(full.Key, Cancellation))?.Service);
        await ApplyAsync(Make.Update(full));
        Assert.Equal(full, (await Ipvs.FindServiceAsync(full.Key, Cancellation))?.Service);
        Assert.Equal(real, Assert.Single(await Ipvs.GetDestinationsAsync(full.Key, Cancellation)).Destination);
    }

    [Fact]
    public async Task An_update_to_the_same_is_a_success()
    {
        var service = Make.Service(Web, "mh") with { Persistence = new IpvsPersistence() };
        await ApplyAsync(Make.Add(service), Make.Update(service), Make.Update(service));
        Assert.Equal(service, (await Ipvs.FindServiceAsync(Web, Cancellation))?.Service);
    }

    [Fact]
    public async Task Limits_of_values_are_the_kernels()
    {
        IpvsService[] services =
        [
            Make.Service(Make.Tcp("255.255.255.254:65535")) with { Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(2_147_483) } },
            Make.Service(Make.Tcp("0.0.0.0:0")),
            Make.Service(Make.Tcp("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")) with { Persistence = new IpvsPersistence { Netmask = IpvsNetmask.FromPrefixLength(1, AddressFamily.InterNetworkV6) } },
            Make.Service(Make.Tcp("[::]:0")) with { Persistence = new IpvsPersistence { Netmask = IpvsNetmask.FromPrefixLength(127, AddressFamily.InterNetworkV6) } },
            Make.Service(IpvsServiceKey.ForFirewallMark(uint.MaxValue)),
            Make.Service(IpvsServiceKey.ForFirewallMark(uint.MaxValue, AddressFamily.InterNetworkV6)),
            Make.Service(Make.Tcp("192.0.2.9:1")) with { Persistence = new IpvsPersistence { Netmask = IpvsNetmask.FromPrefixLength(0, AddressFamily.InterNetwork) } },
            Make.Service(Make.Tcp("192.0.2.9:2")) with { Persistence = new IpvsPersistence { Netmask = IpvsNetmask.FromAddress(IPAddress.Parse("255.0.255.1")) } },
        ];
        await ApplyAsync(services.Select(Make.Add));
        Assert.Equal(services.ToHashSet(), (await Ipvs.GetServicesAsync(Cancellation)).Select(state => state.Service).ToHashSet());
    }

    [Fact]
    public async Task The_kernel_tells_its_version_and_table_size()
    {
        var kernel = await Ipvs.GetKernelAsync(Cancellation);
        Assert.Contains($"IP Virtual Server version {kernel.Version} (size={kernel.ConnectionTableSize})", await Space.IpvsadmAsync("-Ln"), StringComparison.Ordinal);
    }
}
