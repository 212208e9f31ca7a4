using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;

namespace Ilb.Netlink.Tests.Ipvs;

public sealed class IpvsReaderTests
{
    private static readonly IpvsService Service = new() { Key = Wire.Web };
    private static readonly IpvsDestinationState Destination = new()
    {
        Destination = Wire.Server,
        ActiveConnections = 1,
        InactiveConnections = 2,
        PersistentConnections = 3,
        Statistics = default,
    };

    private static readonly IpvsStatistics Wide = new()
    {
        Connections = 1ul << 33,
        IncomingPackets = 2ul << 33,
        OutgoingPackets = 3ul << 33,
        IncomingBytes = 4ul << 33,
        OutgoingBytes = 5ul << 33,
        ConnectionRate = 6ul << 33,
        IncomingPacketRate = 7ul << 33,
        OutgoingPacketRate = 8ul << 33,
        IncomingByteRate = 9ul << 33,
        OutgoingByteRate = 10ul << 33,
    };

    private static readonly IpvsStatistics Narrow = new() { Connections = 1, IncomingPackets = 2, OutgoingPackets = 3, IncomingBytes = 1ul << 40, OutgoingBytes = 5, ConnectionRate = 6, IncomingPacketRate = 7, OutgoingPacketRate = 8, IncomingByteRate = 9, OutgoingByteRate = 10 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Counters_of_64_bits_are_preferred_whatever_the_order(bool wideFirst)
    {
        byte[][] Order(byte[] wide, byte[] narrow) => wideFirst ? [wide, narrow] : [narrow, wide];
        Assert.Equal(Wide, ReadService([.. IpvsAnswers.ServiceAttributes(Service), .. Order(IpvsAnswers.Statistics64(12, Wide), IpvsAnswers.Statistics32(10, Narrow))]).Statistics);
        Assert.Equal(Wide, ReadDestination([.. IpvsAnswers.DestinationAttributes(Destination), .. Order(IpvsAnswers.Statistics64(12, Wide), IpvsAnswers.Statistics32(10, Narrow))]).Statistics);
    }

    [Fact]
    public void Counters_of_32_bits_serve_where_there_are_no_others()
    {
        Assert.Equal(Narrow, ReadService([.. IpvsAnswers.ServiceAttributes(Service), IpvsAnswers.Statistics32(10, Narrow)]).Statistics);
        Assert.Equal(Narrow, ReadDestination([.. IpvsAnswers.DestinationAttributes(Destination), IpvsAnswers.Statistics32(10, Narrow)]).Statistics);
    }

    [Fact]
    public void Counters_that_are_missing_are_zero() => Assert.Equal(default, ReadService(IpvsAnswers.ServiceAttributes(Service)).Statistics);

    [Fact]
    public void A_counter_of_too_few_bytes_is_a_protocol_error() =>
        AssertProtocolError(() => ReadService([.. IpvsAnswers.ServiceAttributes(Service), Nest(12, U32(1, 1))]), "attribute 1 has 4 bytes, wanted 8");

    [Fact]
    public void Unknown_attributes_do_no_harm_anywhere()
    {
        byte[] unknown = Attribute(99, 1, 2, 3), flagged = Nest(98 | 0x8000, unknown);
        var statistics = Nest(12, unknown, U64(1, 5), flagged);
        Assert.Equal(new IpvsServiceState { Service = Service, Statistics = new IpvsStatistics { Connections = 5 } },
            Wire.ReadService(GenericHeader(1), unknown, Nest(1, [unknown, .. IpvsAnswers.ServiceAttributes(Service), statistics, flagged]), flagged));
        Assert.Equal(Destination with { Statistics = new IpvsStatistics { Connections = 5 } },
            Wire.ReadDestination(GenericHeader(5), unknown, Nest(2, [unknown, .. IpvsAnswers.DestinationAttributes(Destination), statistics, flagged]), flagged));
        Assert.Equal("lo", Wire.ReadDaemon(GenericHeader(9), unknown, Nest(3, unknown, U32(1, 1), Text(2, "lo"), flagged)).Interface);
        Assert.Equal(TimeSpan.FromSeconds(9), Wire.ReadTimeouts(GenericHeader(12), unknown, U32(4, 9), flagged).Tcp);
        Assert.Equal(4096u, Wire.ReadKernel(GenericHeader(14), unknown, U32(2, 4096), flagged).ConnectionTableSize);
    }

    [Fact]
    public void The_NESTED_flag_is_ignored() => Assert.Equal(Service, Wire.ReadService(GenericHeader(1), Nest(1 | 0x8000, IpvsAnswers.ServiceAttributes(Service))).Service);

    [Fact]
    public void The_kernels_own_HASHED_flag_and_unknown_ones_are_no_option()
    {
        var flags = Attribute(7, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
        var service = ReadService([.. IpvsAnswers.ServiceAttributes(Service).Where(bytes => bytes[2] != 7), flags]).Service;
        Assert.Equal(Service, service);
    }

    [Fact]
    public void Without_persistence_the_netmask_and_the_timeout_do_not_matter()
    {
        var odd = ReadService([.. IpvsAnswers.ServiceAttributes(Service).Where(bytes => bytes[2] is not (8 or 9)), U32(8, 360), Attribute(9, 0, 0, 0, 0)]).Service;
        Assert.Equal(Service, odd);
    }

    [Theory]
    [InlineData(1, "lacks its address family")]
    [InlineData(2, "lacks its protocol")]
    [InlineData(3, "an address has 0 bytes")]
    [InlineData(6, "lacks its scheduler")]
    public void A_service_without_its_identity_is_a_protocol_error(int missing, string words) =>
        AssertProtocolError(() => ReadService([.. IpvsAnswers.ServiceAttributes(Service).Where(bytes => bytes[2] != missing)]), words);

    // ip_vs_genl_set_cmd checks no protocol: one odd service of another program must not hide all others.
    [Theory]
    [InlineData(0, "0 192.0.2.1:80")]
    [InlineData(51, "51 192.0.2.1:80")]
    [InlineData(65535, "65535 192.0.2.1:80")]
    public void A_service_of_any_protocol_is_read(int protocol, string name)
    {
        var key = ReadService([.. IpvsAnswers.ServiceAttributes(Service).Where(bytes => bytes[2] != 2), U16(2, (ushort)protocol)]).Service.Key;
        Assert.Equal((IpvsProtocol)protocol, key.Protocol);
        Assert.Equal(name, key.ToString());
        Assert.Equal(protocol, Wire.Sent(new IpvsOperation.RemoveService { Service = key }).Find(1, 2)!.U16);
    }

    [Fact]
    public void A_message_without_its_nested_attribute_is_a_protocol_error()
    {
        AssertProtocolError(() => Wire.ReadService(GenericHeader(1), U32(4, 1)), "lacks attribute 1");
        AssertProtocolError(() => Wire.ReadDestination(GenericHeader(1)), "lacks attribute 2");
        AssertProtocolError(() => Wire.ReadDaemon(GenericHeader(1)), "lacks attribute 3");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(28)]
    [InlineData(65535)]
    public void A_family_that_is_neither_IPv4_nor_IPv6_is_a_protocol_error(int family) =>
        AssertProtocolError(() => ReadService(U16(1, (ushort)family), U32(5, 7), Text(6, "rr")), "is neither the family of IPv4 nor that of IPv6");

    [Fact]
    public void The_four_bytes_of_an_IPv4_address_come_first_of_sixteen()
    {
        // moby/ipvs's table: 16 bytes that hold IPv4, IPv6, and nothing but zeros, which is an address too when the family is known.
        Assert.Equal(IPAddress.Parse("10.0.0.1"), Address(2, "0a000001 00000000 00000000 00000000"));
        Assert.Equal(IPAddress.Parse("2001:db8:3c4d:15::1a00"), Address(10, "20010db83c4d0015 0000000000001a00"));
        Assert.Equal(IPAddress.Any, Address(2, "00000000 00000000 00000000 00000000"));
        Assert.Equal(IPAddress.IPv6Any, Address(10, "00000000 00000000 00000000 00000000"));
        Assert.Equal(IPAddress.Parse("10.0.0.1"), Address(2, "0a000001"));
        AssertProtocolError(() => Address(10, "0a000001"), "an address has 4 bytes");
        AssertProtocolError(() => Address(2, "0a0000"), "an address has 3 bytes");

        static IPAddress? Address(ushort family, string hex) =>
            ReadService(U16(1, family), U16(2, 6), Attribute(3, Hex(hex)), Be16(4, 80), Text(6, "rr"), Attribute(7, new byte[8])).Service.Key.Address;
    }

    [Theory]
    [InlineData("sip")]
    [InlineData("other")]
    public void The_persistence_engine_is_kept(string engine) =>
        Assert.Equal(engine, ReadService([.. IpvsAnswers.ServiceAttributes(Service with { PersistenceEngine = engine })]).Service.PersistenceEngine);

    [Fact]
    public void A_scheduler_that_is_not_the_kernels_own_is_kept() =>
        Assert.Equal("mine", ReadService([.. IpvsAnswers.ServiceAttributes(Service with { Scheduler = "mine" })]).Service.Scheduler);

    [Theory]
    [InlineData(0u)]
    [InlineData(129u)]
    [InlineData(uint.MaxValue)]
    public void A_prefix_length_that_no_kernel_takes_is_a_protocol_error(uint prefix)
    {
        var service = Service with { Key = IpvsServiceKey.ForFirewallMark(1, AddressFamily.InterNetworkV6), Persistence = new IpvsPersistence() };
        AssertProtocolError(() => ReadService([.. IpvsAnswers.ServiceAttributes(service).Where(bytes => bytes[2] != 9), U32(9, prefix)]), "prefix length");
    }

    [Fact]
    public void Of_the_forwarding_method_only_its_three_bits_count()
    {
        var attributes = IpvsAnswers.DestinationAttributes(Destination).Where(bytes => bytes[2] != 3);
        Assert.Equal(IpvsForwarding.DirectRouting, ReadDestination([.. attributes, U32(3, 0xfffffff8 | 3)]).Destination.Forwarding);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, "10.0.0.11")]
    [InlineData(AddressFamily.InterNetworkV6, "a00:b::")]
    public void A_destination_that_does_not_tell_its_family_has_its_services(AddressFamily family, string address)
    {
        byte[][] attributes = [.. IpvsAnswers.DestinationAttributes(Destination).Where(bytes => bytes[2] != 11)];
        Assert.Equal(IPAddress.Parse(address), IpvsReader.Destination(Wire.Message(GenericHeader(5), Nest(2, attributes)), family).Destination.Address);
        Assert.Equal(IPAddress.Parse(address), IpvsReader.Destination(Wire.Message(GenericHeader(5), Nest(2, [.. attributes, U16(11, 0)])), family).Destination.Address);
    }

    [Fact]
    public void A_destination_of_the_other_family_tells_its_own()
    {
        var state = Destination with { Destination = Wire.Server with { Address = IPAddress.Parse("2001:db8::11"), Forwarding = IpvsForwarding.Tunnel } };
        Assert.Equal(state, Wire.ReadDestination(IpvsAnswers.Destination(state)));
    }

    [Fact]
    public void A_destination_without_address_or_with_a_weight_below_zero_is_a_protocol_error()
    {
        AssertProtocolError(() => ReadDestination([.. IpvsAnswers.DestinationAttributes(Destination).Where(bytes => bytes[2] != 1)]), "an address has 0 bytes");
        AssertProtocolError(() => ReadDestination([.. IpvsAnswers.DestinationAttributes(Destination).Where(bytes => bytes[2] != 4), U32(4, 0x80000000)]), "the weight 2147483648");
    }

    [Fact]
    public void A_daemon_tells_its_port_in_the_machines_order()
    {
        var daemon = Wire.ReadDaemon(GenericHeader(9), Nest(3, U32(1, 2), Text(2, "eth0"), U32(3, 9), Attribute(7, 0x90, 0x22)));
        Assert.Equal((ushort)8848, daemon.Port);
        Assert.Equal(IpvsSyncRole.Backup, daemon.Role);
        Assert.Null(daemon.Group);
    }

    [Fact]
    public void A_daemon_without_its_identity_is_a_protocol_error()
    {
        AssertProtocolError(() => Wire.ReadDaemon(GenericHeader(9), Nest(3, U32(1, 3), Text(2, "lo"))), "the state 3");
        AssertProtocolError(() => Wire.ReadDaemon(GenericHeader(9), Nest(3, Text(2, "lo"))), "the state 0");
        AssertProtocolError(() => Wire.ReadDaemon(GenericHeader(9), Nest(3, U32(1, 1))), "lacks its interface");
    }

    [Fact]
    public void A_daemon_of_an_ID_that_only_the_kernel_takes_is_read() =>
        Assert.Equal(256u, Wire.ReadDaemon(GenericHeader(9), Nest(3, U32(1, 1), Text(2, "lo"), U32(3, 256))).SyncId);

    [Fact]
    public void The_version_is_a_byte_for_each_part() => Assert.Equal(
        new IpvsKernel { Version = new Version(1, 2, 1), ConnectionTableSize = 4096 }, Wire.ReadKernel(IpvsAnswers.Kernel()));

    private static IpvsServiceState ReadService(params byte[][] attributes) => Wire.ReadService(GenericHeader(1), Nest(1, attributes));

    private static IpvsDestinationState ReadDestination(params byte[][] attributes) => Wire.ReadDestination(GenericHeader(5), Nest(2, attributes));

    private static void AssertProtocolError(Func<object?> read, string words)
    {
        var error = Assert.Throws<NetlinkException>(read);
        Assert.Equal(NetlinkErrorCode.Protocol, error.Code);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }
}
