using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Testing.Netlink;

namespace Ilb.Netlink.Tests.Ipvs;

public sealed class IpvsWriterTests
{
    [Fact]
    public void A_service_of_an_address_is_sent_with_all_that_the_kernel_needs() => AssertBody(
        new IpvsOperation.AddService { Service = new IpvsService { Key = Wire.Web } },
        """
        01 01 0000
        4800 0100
          0600 0100 02000000
          0600 0200 06000000
          0800 0300 c0000201
          0600 0400 00500000
          0800 0600 776c6300
          0c00 0700 00000000 3d000000
          0800 0800 00000000
          0800 0900 ffffffff
        """);

    [Fact]
    public void A_service_of_a_mark_has_no_address_and_its_persistence_a_prefix_length() => AssertBody(
        new IpvsOperation.UpdateService
        {
            Service = new IpvsService
            {
                Key = IpvsServiceKey.ForFirewallMark(7, AddressFamily.InterNetworkV6),
                Scheduler = "sh",
                SchedulerOptions = IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port,
                Persistence = new IpvsPersistence { Timeout = TimeSpan.FromSeconds(360), Netmask = IpvsNetmask.FromPrefixLength(64, AddressFamily.InterNetworkV6) },
                PersistenceEngine = "sip",
                OnePacket = true,
            },
        },
        """
        02 01 0000
        4000 0100
          0600 0100 0a000000
          0800 0500 07000000
          0700 0600 73680000
          0800 0b00 73697000
          0c00 0700 1d000000 3d000000
          0800 0800 68010000
          0800 0900 40000000
        """);

    [Fact]
    public void An_IPv6_service_without_persistence_has_the_prefix_length_128_in_the_machines_order()
    {
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Sctp, IPAddress.Parse("2001:db8::1"), 0);
        var sent = Wire.Sent(new IpvsOperation.AddService { Service = new IpvsService { Key = key } });
        Assert.Equal(128u, sent.Find(1, 9)!.U32);
        Assert.Equal(132, sent.Find(1, 2)!.U16);
        Assert.Equal(KernelBytes.Hex("20010db8000000000000000000000001"), sent.Find(1, 3)!.Payload);
    }

    [Fact]
    public void An_IPv4_netmask_is_in_network_order()
    {
        var service = new IpvsService { Key = Wire.Web, Persistence = new IpvsPersistence { Netmask = IpvsNetmask.FromAddress(IPAddress.Parse("255.255.255.254")) } };
        Assert.Equal([255, 255, 255, 254], Wire.Sent(new IpvsOperation.AddService { Service = service }).Find(1, 9)!.Payload);
    }

    [Fact]
    public void A_mark_is_sent_only_if_there_is_one() => Assert.Null(Wire.Sent(new IpvsOperation.RemoveService { Service = Wire.Web }).Find(1, 5));

    [Fact]
    public void Every_flag_that_can_be_set_is_in_the_mask_and_HASHED_is_not()
    {
        foreach (var operation in new IpvsOperation[] { new IpvsOperation.AddService { Service = new IpvsService { Key = Wire.Web } }, new IpvsOperation.UpdateService { Service = new IpvsService { Key = Wire.Web } } })
            Assert.Equal(0x3du, BitConverter.ToUInt32(Wire.Sent(operation).Find(1, 7)!.Payload, 4));
    }

    [Fact]
    public void A_destination_is_sent_with_all_that_the_kernel_needs() => AssertBody(
        new IpvsOperation.AddDestination
        {
            Service = Wire.Web,
            Destination = Wire.Server with { Forwarding = IpvsForwarding.DirectRouting, Weight = 65536, UpperThreshold = 2000, LowerThreshold = 1000 },
        },
        """
        05 01 0000
        2400 0100  0600 0100 02000000  0600 0200 06000000  0800 0300 c0000201  0600 0400 00500000
        3c00 0200
          0600 0b00 02000000
          0800 0100 0a00000b
          0600 0200 1f900000
          0800 0300 03000000
          0800 0400 00000100
          0800 0500 d0070000
          0800 0600 e8030000
        """);

    [Fact]
    public void A_tunnel_of_the_other_family_has_its_family_kind_port_and_checksum() => AssertBody(
        new IpvsOperation.UpdateDestination
        {
            Service = Wire.Web,
            Destination = new IpvsDestination
            {
                Address = IPAddress.Parse("2001:db8::11"),
                Port = 80,
                Forwarding = IpvsForwarding.Tunnel,
                Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 5580, Checksum = IpvsTunnelChecksum.Remote },
            },
        },
        """
        06 01 0000
        2400 0100  0600 0100 02000000  0600 0200 06000000  0800 0300 c0000201  0600 0400 00500000
        6000 0200
          0600 0b00 0a000000
          1400 0100 20010db8000000000000000000000011
          0600 0200 00500000
          0800 0300 02000000
          0800 0400 01000000
          0800 0500 00000000
          0800 0600 00000000
          0500 0d00 01000000
          0600 0e00 15cc0000
          0600 0f00 02000000
        """);

    [Fact]
    public void To_remove_takes_no_more_than_the_identity()
    {
        AssertBody(new IpvsOperation.RemoveService { Service = Wire.Web },
            "03 01 0000  2400 0100  0600 0100 02000000  0600 0200 06000000  0800 0300 c0000201  0600 0400 00500000");
        AssertBody(new IpvsOperation.RemoveDestination { Service = IpvsServiceKey.ForFirewallMark(9), Address = IPAddress.Parse("10.0.0.11"), Port = 8080 },
            "07 01 0000  1400 0100  0600 0100 02000000  0800 0500 09000000  1c00 0200  0600 0b00 02000000  0800 0100 0a00000b  0600 0200 1f900000");
    }

    [Fact]
    public void Counters_are_zeroed_of_one_service_or_of_all()
    {
        AssertBody(new IpvsOperation.ZeroCounters(), "10 01 0000");
        AssertBody(new IpvsOperation.ZeroCounters { Service = IpvsServiceKey.ForFirewallMark(9) }, "10 01 0000  1400 0100  0600 0100 02000000  0800 0500 09000000");
    }

    [Fact]
    public void A_flush_has_no_attributes() => AssertBody(new IpvsOperation.Flush(), "11 01 0000");

    [Fact]
    public void Timeouts_that_stay_are_zero() => AssertBody(
        new IpvsOperation.SetTimeouts { Timeouts = new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(77), Udp = TimeSpan.FromSeconds(66) } },
        "0c 01 0000  0800 0400 4d000000  0800 0500 00000000  0800 0600 42000000");

    [Fact]
    public void A_daemon_sends_its_port_in_the_machines_order_and_only_what_is_set()
    {
        AssertBody(new IpvsOperation.StartSyncDaemon { Daemon = new IpvsSyncDaemon { Role = IpvsSyncRole.Master, Interface = "eth0", SyncId = 9 } },
            "09 01 0000  2000 0300  0800 0100 01000000  0900 0200 6574683000000000  0800 0300 09000000");
        AssertBody(
            new IpvsOperation.StartSyncDaemon
            {
                Daemon = new IpvsSyncDaemon
                {
                    Role = IpvsSyncRole.Backup,
                    Interface = "lo",
                    SyncId = 255,
                    MaximumLength = 1400,
                    Group = IPAddress.Parse("224.0.0.82"),
                    Port = 8848,
                    TimeToLive = 2,
                },
            },
            """
            09 01 0000  3c00 0300
              0800 0100 02000000  0700 0200 6c6f0000  0800 0300 ff000000  0600 0400 78050000  0800 0500 e0000052  0600 0700 90220000  0500 0800 02000000
            """);
        var group6 = Wire.Sent(new IpvsOperation.StartSyncDaemon { Daemon = new IpvsSyncDaemon { Role = IpvsSyncRole.Master, Interface = "lo", SyncId = 0, Group = IPAddress.Parse("ff02::81") } });
        Assert.Null(group6.Find(3, 5));
        Assert.Equal(16, group6.Find(3, 6)!.Payload.Length);
    }

    [Fact]
    public void A_daemon_is_stopped_by_its_role() =>
        AssertBody(new IpvsOperation.StopSyncDaemon { Role = IpvsSyncRole.Backup }, "0a 01 0000  0c00 0300  0800 0100 02000000");

    private static void AssertBody(IpvsOperation operation, string hex) => Assert.Equal(KernelBytes.Hex(hex), Wire.Body(operation));
}
