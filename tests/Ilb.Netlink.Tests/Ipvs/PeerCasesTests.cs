using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Netlink.Tests.Ipvs;

/// <summary>What the tests of other clients hold as true of the kernel's bytes, as facts: cloudflare/ipvs (client_linux_test.go), google/seesaw (ipvs/ipvs_test.go).</summary>
public sealed class PeerCasesTests
{
    // cloudflare/ipvs TestServices: names without NUL, the netmask before the flags.
    private static readonly byte[] CloudflareV4 = Nest(1,
        U16(1, 2), U16(2, 6), Attribute(3, Hex("7f000101 00000000 00000000 00000000")), Attribute(4, 0x00, 0x50), Attribute(6, "wlc"u8),
        Attribute(8, 0x68, 0x01, 0x00, 0x00), Attribute(9, 0xff, 0xff, 0xff, 0xfe), Attribute(7, new byte[8]));

    private static readonly byte[] CloudflareV6 = Nest(1,
        U16(1, 10), U16(2, 6), Attribute(3, Hex("ff000000 00000000 00000000 00000000")), Attribute(4, 0x00, 0x50), Attribute(6, "wlc"u8),
        Attribute(8, 0x68, 0x01, 0x00, 0x00), Attribute(9, 0x80, 0x00, 0x00, 0x00), Attribute(7, new byte[8]));

    private static readonly IpvsService CloudflareServiceV4 = new() { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("127.0.1.1"), 80), Scheduler = "wlc" };
    private static readonly IpvsService CloudflareServiceV6 = new() { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("ff00::"), 80), Scheduler = "wlc" };

    [Fact]
    public async Task Cloudflare_no_services_are_an_empty_list_and_no_error()
    {
        var kernel = new ScriptedKernel();
        kernel.Answers(Replies.Done());
        using var ipvs = kernel.Ipvs();
        Assert.Empty(await ipvs.GetServicesAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Cloudflare_services_of_both_families_are_read()
    {
        var kernel = new ScriptedKernel();
        kernel.Answers(Replies.Together(Replies.Lists(GenericHeader(1), CloudflareV4), Replies.Lists(GenericHeader(1), CloudflareV6), Replies.Done()));
        using var ipvs = kernel.Ipvs();
        var services = await ipvs.GetServicesAsync(TestContext.Current.CancellationToken);
        Assert.Equal([CloudflareServiceV4, CloudflareServiceV6], services.Select(state => state.Service));
    }

    [Fact]
    public void Cloudflare_the_netmask_is_read_where_persistence_makes_it_matter()
    {
        var persistent = Attribute(7, 1, 0, 0, 0, 0, 0, 0, 0);
        // The flags are the last attribute: 12 bytes.
        var v4 = Wire.ReadService(GenericHeader(1), Nest(1, CloudflareV4[4..^12], persistent)).Service.Persistence!;
        Assert.Equal(TimeSpan.FromSeconds(360), v4.Timeout);
        Assert.Equal(31, v4.Netmask.PrefixLength);
        var v6 = Wire.ReadService(GenericHeader(1), Nest(1, CloudflareV6[4..^12], persistent)).Service.Persistence!;
        Assert.True(v6.Netmask.IsHost);
    }

    public static TheoryData<string, string> CloudflareDestinations => new()
    {
        { "direct", "0200 7f0001010000000000000000000000000050 03000000 00 0000 0000" },
        { "direct IPv6", "0a00 20040db80000000000000000000000030050 03000000 00 0000 0000" },
        { "GUE tunnel", "0200 7f0001010000000000000000000000000050 02000000 01 15cc 0200" },
    };

    // Order and lengths differ: they send addresses in 16 bytes, and tunnel attributes always. What the kernel makes of it is the same.
    [Theory]
    [MemberData(nameof(CloudflareDestinations))]
    public void Cloudflare_destinations_sent_mean_the_same(string name, string fields)
    {
        var destination = name switch
        {
            "direct" => new IpvsDestination { Address = IPAddress.Parse("127.0.1.1"), Port = 80, Forwarding = IpvsForwarding.DirectRouting, Weight = 1 },
            "direct IPv6" => new IpvsDestination { Address = IPAddress.Parse("2004:db8::3"), Port = 80, Forwarding = IpvsForwarding.DirectRouting, Weight = 1 },
            _ => new IpvsDestination
            {
                Address = IPAddress.Parse("127.0.1.1"),
                Port = 80,
                Forwarding = IpvsForwarding.Tunnel,
                Weight = 1,
                Tunnel = new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 5580, Checksum = IpvsTunnelChecksum.Remote },
            },
        };
        var theirs = Hex(fields);
        (int Type, byte[] Value)[] expected =
        [
            (11, theirs[..2]), (1, theirs[2..18]), (2, theirs[18..20]), (3, theirs[20..24]), (4, [1, 0, 0, 0]), (5, new byte[4]), (6, new byte[4]),
            (13, theirs[24..25]), (14, theirs[25..27]), (15, theirs[27..29]),
        ];

        var ours = Wire.Sent(new IpvsOperation.AddDestination { Service = Wire.Web, Destination = destination }).Find(2)!.Nested;

        foreach (var (type, value) in expected)
        {
            // Absent, as the kernel's memset has it: zero.
            var sent = ours.SingleOrDefault(attribute => attribute.Type == type)?.Payload ?? [];
            Assert.Equal(value, (byte[])[.. sent, .. new byte[value.Length - sent.Length]]);
        }

        Assert.All(ours, attribute => Assert.Contains(attribute.Type, expected.Select(pair => pair.Type)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cloudflare_a_direct_destination_is_read_with_and_without_its_family(bool tellsFamily)
    {
        byte[][] attributes = [.. tellsFamily ? (byte[][])[U16(11, 2)] : [], Attribute(1, Hex("7f000101 00000000 00000000 00000000")), Be16(2, 80), U32(3, 3), U32(4, 1), U32(5, 0), U32(6, 0)];
        var read = Wire.ReadDestination(GenericHeader(5), Nest(2, attributes)).Destination;
        Assert.Equal(new IpvsDestination { Address = IPAddress.Parse("127.0.1.1"), Port = 80, Forwarding = IpvsForwarding.DirectRouting, Weight = 1 }, read);
    }

    [Fact]
    public void Cloudflare_a_GUE_tunnel_is_read()
    {
        var read = Wire.ReadDestination(GenericHeader(5), Nest(2,
            U16(11, 2), Attribute(1, Hex("7f000101 00000000 00000000 00000000")), Be16(2, 80), U32(3, 2), U32(4, 1), U32(5, 0), U32(6, 0),
            U8(13, 1), Attribute(14, 0x15, 0xcc), U16(15, 2))).Destination;
        Assert.Equal(new IpvsTunnel { Kind = IpvsTunnelKind.Gue, Port = 5580, Checksum = IpvsTunnelChecksum.Remote }, read.Tunnel);
        Assert.Equal(IpvsForwarding.Tunnel, read.Forwarding);
    }

    [Fact]
    public async Task Cloudflare_timeouts_of_70_30_and_40_are_read_and_900_901_902_sent()
    {
        var kernel = new ScriptedKernel();
        kernel.Answers(Replies.Says(IpvsAnswers.Timeouts(70, 30, 40)), Replies.Acknowledge());
        kernel.Answers(Replies.Acknowledge());
        using var ipvs = kernel.Ipvs();

        var timeouts = await ipvs.GetTimeoutsAsync(TestContext.Current.CancellationToken);
        await ipvs.SetTimeoutsAsync(
            new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(900), TcpFin = TimeSpan.FromSeconds(901), Udp = TimeSpan.FromSeconds(902) }, TestContext.Current.CancellationToken);

        Assert.Equal(new IpvsTimeouts { Tcp = TimeSpan.FromSeconds(70), TcpFin = TimeSpan.FromSeconds(30), Udp = TimeSpan.FromSeconds(40) }, timeouts);
        var sent = kernel.Requests[^1];
        Assert.Equal((12, 900u, 901u, 902u), (sent.Command, sent.Find(4)!.U32, sent.Find(5)!.U32, sent.Find(6)!.U32));
    }

    // Whole datagrams that seesaw holds as the kernel's (an old one's: no family of the destination, no 64-bit counters, names without NUL).
    [Fact]
    public void Seesaw_a_service_of_an_old_kernel_is_read()
    {
        var bytes = Hex(
            """
            c4000000 1600 0200 b0b3c855 79020000  01 01 0000  b000 0100
              0600 0100 02000000  0600 0200 06000000
              1400 0300 01010101 00000000 00000000 00000000
              0600 0400 50000000  0700 0600 776c6300  0c00 0700 f4f3f2f1 ffffffff  0800 0800 00000000  0800 0900 ffffffff
              5c00 0a00
                0800 0100 03000000  0800 0200 0c000000  0800 0300 00000000  0c00 0400 1a04000000000000  0c00 0500 0000000000000000
                0800 0600 00000000  0800 0700 01000000  0800 0800 00000000  0800 0900 54000000  0800 0a00 00000000
            """);
        var message = Wire.First(bytes);
        Assert.Equal((0x16, 2, 0x55c8b3b0u), (message.Type, message.Flags, message.Sequence));

        var state = IpvsReader.Service(message);

        Assert.Equal(IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("1.1.1.1"), 0x5000), state.Service.Key);
        Assert.Equal("wlc", state.Service.Scheduler);
        // 0xf1f2f3f4: one-packet, SCHED2, SCHED3; neither PERSISTENT nor SCHED1.
        Assert.Equal((IpvsSchedulerOptions.Flag2 | IpvsSchedulerOptions.Flag3, true, null), (state.Service.SchedulerOptions, state.Service.OnePacket, state.Service.Persistence));
        Assert.Equal(SeesawStatistics, state.Statistics);
    }

    [Fact]
    public void Seesaw_a_destination_of_an_old_kernel_is_read_by_its_services_family()
    {
        var bytes = Hex(
            """
            c8000000 1900 0000 00000000 00000000  01 01 0000  b400 0200
              1400 0100 20020000 00000000 00000000 0000cafe
              0600 0200 00350000  0800 0300 f4f3f2f1  0800 0400 01000000  0800 0500 d0070000  0800 0600 e8030000
              0800 0700 4e61bc00  0800 0800 b17f3905  0800 0900 d2040000
              5c00 0a00
                0800 0100 03000000  0800 0200 0c000000  0800 0300 00000000  0c00 0400 1a04000000000000  0c00 0500 0000000000000000
                0800 0600 00000000  0800 0700 01000000  0800 0800 00000000  0800 0900 54000000  0800 0a00 00000000
            """);

        var state = IpvsReader.Destination(Wire.First(bytes), AddressFamily.InterNetworkV6);

        Assert.Equal(
            new IpvsDestinationState
            {
                Destination = new IpvsDestination { Address = IPAddress.Parse("2002::cafe"), Port = 53, Forwarding = IpvsForwarding.Bypass, Weight = 1, UpperThreshold = 2000, LowerThreshold = 1000 },
                ActiveConnections = 12345678,
                InactiveConnections = 87654321,
                PersistentConnections = 1234,
                Statistics = SeesawStatistics,
            },
            state);
    }

    // What seesaw sends marks its nests (NLA_F_NESTED), which kernels and readers must not mind.
    [Fact]
    public void Seesaw_a_request_with_marked_nests_means_the_same()
    {
        var bytes = Hex(
            """
            68000000 1900 0000 00000000 00000000  01 01 0000  5400 0180
              0600 0100 02000000  0600 0200 06000000  1400 0300 01010101 00000000 00000000 00000000  0600 0400 50000000
              0800 0600 776c6300  0c00 0700 f4f3f2f1 ffffffff  0800 0800 00000000  0800 0900 ffffffff
            """);
        var service = IpvsReader.Service(Wire.First(bytes)).Service;
        Assert.Equal("TCP 1.1.1.1:20480", service.Key.ToString());

        // Ours means the same, but for the flags that a client has no business to set.
        var ours = Wire.Sent(new IpvsOperation.AddService { Service = service });
        Assert.Equal((2, 6, 0x5000, "wlc", 0u, uint.MaxValue),
            (ours.Find(1, 1)!.U16, ours.Find(1, 2)!.U16, ours.Find(1, 4)!.Be16, ours.Find(1, 6)!.Text, ours.Find(1, 8)!.U32, ours.Find(1, 9)!.U32));
        Assert.Equal([1, 1, 1, 1], ours.Find(1, 3)!.Payload);
        Assert.Equal(0xf1f2f3f4 & 0x3d, BitConverter.ToUInt32(ours.Find(1, 7)!.Payload));
    }

    private static IpvsStatistics SeesawStatistics => new() { Connections = 3, IncomingPackets = 12, IncomingBytes = 0x41a, IncomingPacketRate = 1, IncomingByteRate = 0x54 };
}
