using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.Kernel;

public sealed class SyncDaemonTests : KernelTest
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Space.IpBatchAsync("link add d0 mtu 1400 type dummy", "link set d0 up multicast on", "addr add 10.1.1.1/24 dev d0", "addr add 2001:db8::1/64 dev d0 nodad", "route add 224.0.0.0/4 dev d0");
    }

    [Fact]
    public async Task A_master_and_a_backup_run_with_the_kernels_defaults()
    {
        Assert.Empty(await Ipvs.GetSyncDaemonsAsync(Cancellation));
        await ApplyAsync(Start(new IpvsSyncDaemon { Role = IpvsSyncRole.Master, Interface = "d0", SyncId = 7 }), Start(new IpvsSyncDaemon { Role = IpvsSyncRole.Backup, Interface = "lo", SyncId = 0 }));

        var group = IPAddress.Parse("224.0.0.81");
        // A master sends at most 1,500 bytes less the headers, whatever the interface; a backup receives what the interface may carry.
        var master = new IpvsSyncDaemonState { Role = IpvsSyncRole.Master, Interface = "d0", SyncId = 7, MaximumLength = 1472, Group = group, Port = 8848, TimeToLive = 1 };
        var backup = new IpvsSyncDaemonState { Role = IpvsSyncRole.Backup, Interface = "lo", SyncId = 0, MaximumLength = 65_507, Group = group, Port = 8848, TimeToLive = 1 };
        Assert.Equal([master, backup], await Ipvs.GetSyncDaemonsAsync(Cancellation));
        Assert.Equal(
            ["master sync daemon (mcast=d0, syncid=7, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)", "backup sync daemon (mcast=lo, syncid=0, maxlen=65507, group=224.0.0.81, port=8848, ttl=1)"],
            await IpvsadmAsync());

        await RefusesAsync(Start(new IpvsSyncDaemon { Role = IpvsSyncRole.Master, Interface = "lo", SyncId = 8 }), NetlinkErrorCode.AlreadyExists, 17,
            "start the master sync daemon on lo: one of that role runs");
        await RefusesAsync(Start(new IpvsSyncDaemon { Role = IpvsSyncRole.Backup, Interface = "lo", SyncId = 8 }), NetlinkErrorCode.AlreadyExists, 17,
            "start the backup sync daemon on lo: one of that role runs");

        await Ipvs.StopSyncDaemonAsync(IpvsSyncRole.Master, Cancellation);
        Assert.Equal([backup], await Ipvs.GetSyncDaemonsAsync(Cancellation));
        await RefusesAsync(new IpvsOperation.StopSyncDaemon { Role = IpvsSyncRole.Master }, NetlinkErrorCode.NotFound, 3,
            "stop the master sync daemon: none of that role runs");
        await Ipvs.StopSyncDaemonAsync(IpvsSyncRole.Backup, Cancellation);
        Assert.Empty(await Ipvs.GetSyncDaemonsAsync(Cancellation));
    }

    [Fact]
    public async Task Every_member_of_a_daemon_reaches_the_kernel()
    {
        var master = new IpvsSyncDaemon
        {
            Role = IpvsSyncRole.Master,
            Interface = "d0",
            SyncId = 255,
            MaximumLength = 1000,
            Group = IPAddress.Parse("239.1.2.3"),
            Port = 12_345,
            TimeToLive = 9,
        };
        var backup = new IpvsSyncDaemon
        {
            Role = IpvsSyncRole.Backup,
            Interface = "d0",
            SyncId = 1,
            MaximumLength = 1,
            Group = IPAddress.Parse("ff05::51"),
            Port = 65_535,
            TimeToLive = 255,
        };
        await ApplyAsync(Start(master), Start(backup));
        // A backup that could not take 1,024 bytes would lose messages of others: the kernel raises it.
        Assert.Equal([State(master), State(backup with { MaximumLength = 1024 })], await Ipvs.GetSyncDaemonsAsync(Cancellation));
        Assert.Equal(
            ["master sync daemon (mcast=d0, syncid=255, maxlen=1000, group=239.1.2.3, port=12345, ttl=9)", "backup sync daemon (mcast=d0, syncid=1, maxlen=1024, group=ff05::51, port=65535, ttl=255)"],
            await IpvsadmAsync());
    }

    [Fact]
    public async Task What_ipvsadm_starts_is_read_back()
    {
        await Space.IpvsadmAsync("--start-daemon master --mcast-interface d0 --syncid 3 --sync-maxlen 1200 --mcast-group ff15::1 --mcast-port 4000 --mcast-ttl 5");
        Assert.Equal(
            new IpvsSyncDaemonState { Role = IpvsSyncRole.Master, Interface = "d0", SyncId = 3, MaximumLength = 1200, Group = IPAddress.Parse("ff15::1"), Port = 4000, TimeToLive = 5 },
            Assert.Single(await Ipvs.GetSyncDaemonsAsync(Cancellation)));
    }

    [Fact]
    public async Task An_unknown_interface_and_a_group_that_is_none_are_refused()
    {
        var daemon = new IpvsSyncDaemon { Role = IpvsSyncRole.Master, Interface = "nowhere0", SyncId = 1 };
        await RefusesAsync(Start(daemon), NetlinkErrorCode.NotFound, 19, "start the master sync daemon on nowhere0: there is no such interface");
        foreach (string group in (string[])["10.0.0.1", "2001:db8::1"])
        {
            await RefusesAsync(Start(daemon with { Interface = "d0", Group = IPAddress.Parse(group) }), NetlinkErrorCode.InvalidArgument, 22,
                "start the master sync daemon on d0: Invalid argument");
        }

        Assert.Empty(await Ipvs.GetSyncDaemonsAsync(Cancellation));
    }

    [Fact]
    public async Task Daemons_and_destinations_of_another_family_exclude_each_other()
    {
        var key = Make.Tcp("192.0.2.1:80");
        var mixed = Make.Destination("[2001:db8::2]:80", IpvsForwarding.Tunnel);
        var start = Start(new IpvsSyncDaemon { Role = IpvsSyncRole.Backup, Interface = "d0", SyncId = 1 });
        await ApplyAsync(Make.Add(key), Make.Add(key, mixed));
        await RefusesAsync(start, NetlinkErrorCode.InvalidArgument, 22, "start the backup sync daemon on d0: Invalid argument");
        await ApplyAsync(Make.Remove(key, mixed), start);
        await RefusesAsync(Make.Add(key, mixed), NetlinkErrorCode.InvalidArgument, 22, "add destination [2001:db8::2]:80 to service TCP 192.0.2.1:80: a destination of the other address family does not go with a sync daemon, and one runs");
    }

    private static IpvsOperation.StartSyncDaemon Start(IpvsSyncDaemon daemon) => new() { Daemon = daemon };

    private static IpvsSyncDaemonState State(IpvsSyncDaemon daemon) => new()
    {
        Role = daemon.Role,
        Interface = daemon.Interface,
        SyncId = daemon.SyncId,
        MaximumLength = daemon.MaximumLength,
        Group = daemon.Group,
        Port = daemon.Port,
        TimeToLive = daemon.TimeToLive,
    };

    private async Task<string[]> IpvsadmAsync() => (await Space.IpvsadmAsync("-Ln --daemon")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
