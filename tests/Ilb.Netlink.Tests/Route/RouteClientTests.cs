using System.Net;
using System.Net.NetworkInformation;
using Ilb.Netlink.Route;
using Ilb.Testing.Netlink;
using static Ilb.Testing.Netlink.KernelBytes;
using static Ilb.Testing.Netlink.Replies;

namespace Ilb.Netlink.Tests.Route;

public sealed class RouteClientTests : IDisposable
{
    private const int EPERM = 1, ENODEV = 19, EEXIST = 17, EADDRNOTAVAIL = 99;

    private static readonly InterfaceAddress Vip = new() { LinkIndex = 3, Address = IPAddress.Parse("192.0.2.1"), PrefixLength = 32 };

    private readonly ScriptedKernel _kernel = new();
    private readonly RouteClient _route;

    public RouteClientTests() => _route = _kernel.Route();

    public void Dispose() => _route.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_is_found_by_its_name()
    {
        _kernel.Answers(Says(LinkHeader(3, 0x1043), Text(3, "eth0"), Attribute(99, 1), U32(4, 1500), Attribute(1, 2, 0, 0, 0, 0, 1)), Acknowledge());

        var link = await _route.FindLinkAsync("eth0", Token);

        Assert.Equal(
            new Link { Index = 3, Name = "eth0", States = LinkStates.Up | LinkStates.Running | LinkStates.Multicast | (LinkStates)2, Mtu = 1500, HardwareAddress = PhysicalAddress.Parse("020000000001") }, link);
        Assert.Equal(Hex("28000000 1200 0500 01000000 00000000  00000000 00000000 00000000 00000000")[4..], _kernel.Requests[0].Bytes[4..32]);
        Assert.Equal("eth0", Assert.Single(_kernel.Requests[0].AttributesBehind(16)).Text);
    }

    [Fact]
    public async Task A_link_that_does_not_exist_is_null()
    {
        _kernel.Answers(Refuse(ENODEV));
        Assert.Null(await _route.FindLinkAsync("eth9", Token));
    }

    [Fact]
    public async Task A_link_is_found_by_its_index()
    {
        _kernel.Answers(Says(LinkHeader(3, 1), Text(3, "eth0")), Acknowledge());
        Assert.Equal("eth0", (await _route.FindLinkByIndexAsync(3, Token))!.Name);
        Assert.Equal(Hex("1200 0500 01000000 00000000  00000000 03000000 00000000 00000000"), _kernel.Requests[0].Bytes[4..]);
        _kernel.Answers(Refuse(ENODEV));
        Assert.Null(await _route.FindLinkByIndexAsync(9, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _route.FindLinkByIndexAsync(0, Token));
    }

    [Fact]
    public async Task A_route_says_interface_router_and_source()
    {
        _kernel.Answers(Says(Hex("02200000 fe000001 00000000"), Attribute(1, 198, 51, 100, 7), U32(4, 3), Attribute(5, 192, 0, 2, 254), Attribute(7, 192, 0, 2, 9)), Acknowledge());

        var route = await _route.FindRouteAsync(IPAddress.Parse("198.51.100.7"), Token);

        Assert.Equal(new RouteState { LinkIndex = 3, Gateway = IPAddress.Parse("192.0.2.254"), Source = IPAddress.Parse("192.0.2.9") }, route);
        Assert.Equal(Hex("24000000 1a00 0500 01000000 00000000  02200000 00000000 00000000  0800 0100 c6336407"), _kernel.Requests[0].Bytes);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(113)]
    [InlineData(22)]
    [InlineData(13)]
    public async Task Where_no_route_leads_there_is_none(int errno)
    {
        _kernel.Answers(Refuse(errno));
        Assert.Null(await _route.FindRouteAsync(IPAddress.Parse("198.51.100.7"), Token));
        // IPv6 says it in its answer.
        _kernel.Answers(Says(Hex("0a800000 fe000007 00000000"), U32(4, 1)), Acknowledge());
        Assert.Null(await _route.FindRouteAsync(IPAddress.Parse("2001:db8::1"), Token));
    }

    [Fact]
    public async Task A_link_without_name_or_an_answer_without_link_is_a_protocol_error()
    {
        _kernel.Answers(Says(LinkHeader(3, 1)), Acknowledge());
        Assert.Equal(NetlinkErrorCode.Protocol, (await Assert.ThrowsAsync<NetlinkException>(() => _route.FindLinkAsync("eth0", Token))).Code);
        _kernel.Answers(Acknowledge());
        Assert.Contains("0 links answer for eth0", (await Assert.ThrowsAsync<NetlinkException>(() => _route.FindLinkAsync("eth0", Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_links_are_listed_each_with_what_it_is_made_of()
    {
        _kernel.Answers(
            Lists(LinkHeader(1, 0x49), Text(3, "lo")),
            Lists(LinkHeader(7, 0x41), Text(3, "dummy7"), Nest(18, Text(1, "dummy"), Attribute(2, 0))),
            Done());
        Assert.Equal([("lo", null), ("dummy7", "dummy")], (await _route.GetLinksAsync(Token)).Select(static link => (link.Name, link.Kind)));
        Assert.Equal((18, 0x301), (_kernel.Requests[0].Type, _kernel.Requests[0].Flags));
    }

    [Fact]
    public async Task Neighbours_are_listed_with_what_is_known_of_them()
    {
        _kernel.Answers(
            Lists(NeighborHeader(2, 3, 0x20), Attribute(1, 10, 0, 0, 9)),
            Lists(NeighborHeader(10, 3, 0x02), Attribute(1, Hex("20010db8000000000000000000000001")), Attribute(2, 2, 0, 0, 0, 0, 1)),
            // A bridge has neighbours of its own.
            Lists(NeighborHeader(7, 3, 0x80), Attribute(2, 2, 0, 0, 0, 0, 1)),
            Done());
        Assert.Equal(
            [
                new NeighborState { LinkIndex = 3, Address = IPAddress.Parse("10.0.0.9"), HardwareAddress = PhysicalAddress.None, States = NeighborStates.Failed },
                new NeighborState { LinkIndex = 3, Address = IPAddress.Parse("2001:db8::1"), HardwareAddress = PhysicalAddress.Parse("020000000001"), States = NeighborStates.Reachable },
            ],
            await _route.GetNeighborsAsync(Token));
        Assert.Equal((30, 0x301), (_kernel.Requests[0].Type, _kernel.Requests[0].Flags));
    }

    [Fact]
    public async Task The_way_to_an_address_is_told_with_its_router()
    {
        _kernel.Answers(Says(RouteHeader(2, 1), Attribute(1, 192, 0, 2, 1), U32(4, 3), Attribute(5, 10, 0, 0, 254), Attribute(7, 10, 0, 0, 1)), Acknowledge());
        Assert.Equal(new RouteState { LinkIndex = 3, Gateway = IPAddress.Parse("10.0.0.254"), Source = IPAddress.Parse("10.0.0.1") }, await _route.FindRouteAsync(IPAddress.Parse("192.0.2.1"), Token));
        Assert.Equal(Hex("24000000 1a00 0500 01000000 00000000  02200000 00000000 00000000  0800 0100 c0000201"), _kernel.Requests[0].Bytes);
        // A router of the other family: struct rtvia.
        _kernel.Answers(Says(RouteHeader(2, 1), U32(4, 3), Attribute(18, [10, 0, .. Hex("fe800000000000000000000000000001")])), Acknowledge());
        Assert.Equal(IPAddress.Parse("fe80::1"), (await _route.FindRouteAsync(IPAddress.Parse("192.0.2.1"), Token))!.Gateway);
        _kernel.Answers(Says(RouteHeader(10, 2), U32(4, 1)), Acknowledge());
        Assert.Equal(RouteKind.Local, (await _route.FindRouteAsync(IPAddress.Parse("2001:db8::1"), Token))!.Kind);
        _kernel.Answers(Says(RouteHeader(2, 3), U32(4, 3)), Acknowledge());
        Assert.Equal(RouteKind.Other, (await _route.FindRouteAsync(IPAddress.Parse("192.0.2.255"), Token))!.Kind);
    }

    [Fact]
    public async Task Addresses_of_both_families_are_listed_with_all_flags_and_lifetimes()
    {
        _kernel.Answers(
            Lists(AddressHeader(2, 24, 0x80, 3), Attribute(1, 192, 0, 2, 9), Attribute(2, 192, 0, 2, 1), Text(3, "eth0:vip"), U32(8, 0x280), Lifetimes(uint.MaxValue, uint.MaxValue)),
            Lists(AddressHeader(10, 128, 0x20, 4), Attribute(1, Hex("20010db8000000000000000000000001")), Lifetimes(0, 3600)),
            Done());

        var addresses = await _route.GetAddressesAsync(Token);

        Assert.Equal(
            [
                // LOCAL is the address; ADDRESS is the peer's.
                new InterfaceAddressState { LinkIndex = 3, Address = IPAddress.Parse("192.0.2.1"), PrefixLength = 24, States = InterfaceAddressStates.Permanent | InterfaceAddressStates.NoPrefixRoute, Label = "eth0:vip" },
                new InterfaceAddressState
                {
                    LinkIndex = 4,
                    Address = IPAddress.Parse("2001:db8::1"),
                    PrefixLength = 128,
                    States = InterfaceAddressStates.Deprecated,
                    PreferredLifetime = TimeSpan.Zero,
                    ValidLifetime = TimeSpan.FromHours(1),
                },
            ],
            addresses);
        Assert.Equal((22, 0x301), (_kernel.Requests[0].Type, _kernel.Requests[0].Flags));
    }

    // Phonet (35) and MCTP (45) have addresses too, which an unspecific list brings.
    [Fact]
    public async Task Addresses_of_other_families_are_passed_over()
    {
        _kernel.Answers(Lists(AddressHeader(35, 0, 0x80, 5), Attribute(2, 0x10)), Lists(AddressHeader(2, 32, 0, 1), Attribute(2, 127, 0, 0, 1)), Done());
        Assert.Equal(IPAddress.Loopback, Assert.Single(await _route.GetAddressesAsync(Token)).Address);
    }

    [Fact]
    public async Task An_address_without_its_bytes_is_a_protocol_error()
    {
        _kernel.Answers(Lists(AddressHeader(2, 32, 0, 1)), Done());
        Assert.Equal(NetlinkErrorCode.Protocol, (await Assert.ThrowsAsync<NetlinkException>(() => _route.GetAddressesAsync(Token))).Code);
    }

    [Fact]
    public async Task An_address_is_added_once()
    {
        _kernel.Answers(Acknowledge());
        await _route.AddAddressAsync(Vip, Token);
        // REQUEST, ACK, CREATE, EXCL.
        Assert.Equal(Hex("28000000 1400 0506 01000000 00000000  02200000 03000000  0800 0200 c0000201  0800 0100 c0000201"), _kernel.Requests[0].Bytes);
    }

    [Fact]
    public async Task An_address_is_added_with_its_states_lifetime_and_label()
    {
        _kernel.Answers(Acknowledge());
        await _route.AddAddressAsync(
            Vip with
            {
                Address = IPAddress.Parse("2001:db8::1"),
                PrefixLength = 128,
                States = InterfaceAddressStates.NoDuplicateDetection | InterfaceAddressStates.NoPrefixRoute,
                PreferredLifetime = TimeSpan.Zero,
                Label = "eth0:vip",
            }, Token);
        var sent = _kernel.Requests[0];
        Assert.Equal(Hex("0a800000 03000000"), sent.Bytes[16..24]);
        var attributes = sent.AttributesBehind(8).ToDictionary(attribute => attribute.Type);
        Assert.Equal([1, 2, 3, 6, 8], attributes.Keys.Order());
        Assert.Equal(attributes[1].Payload, attributes[2].Payload);
        Assert.Equal(("eth0:vip", 0x202u), (attributes[3].Text, attributes[8].U32));
        Assert.Equal(Hex("00000000 ffffffff 00000000 00000000"), attributes[6].Payload);
    }

    [Fact]
    public async Task An_address_is_removed_by_link_address_and_prefix_only()
    {
        _kernel.Answers(Acknowledge());
        await _route.RemoveAddressAsync(Vip with { Label = "x", PreferredLifetime = TimeSpan.Zero, States = InterfaceAddressStates.NoPrefixRoute }, Token);
        Assert.Equal(Hex("28000000 1500 0500 01000000 00000000  02200000 03000000  0800 0200 c0000201  0800 0100 c0000201"), _kernel.Requests[0].Bytes);
    }

    [Theory]
    [InlineData(EEXIST, NetlinkErrorCode.AlreadyExists, "adding address 192.0.2.1/32: File exists")]
    [InlineData(ENODEV, NetlinkErrorCode.NotFound, "adding address 192.0.2.1/32: No such device")]
    [InlineData(EPERM, NetlinkErrorCode.PermissionDenied, "adding address 192.0.2.1/32: needs CAP_NET_ADMIN")]
    public async Task A_refusal_names_the_address(int errno, NetlinkErrorCode code, string message)
    {
        _kernel.Answers(Refuse(errno));
        var error = await Assert.ThrowsAsync<NetlinkException>(() => _route.AddAddressAsync(Vip, Token));
        Assert.Equal((code, errno, message), (error.Code, error.Errno, error.Message));
    }

    [Fact]
    public async Task To_remove_what_is_not_there_is_not_found_with_the_kernels_words()
    {
        _kernel.Answers(Refuse(EADDRNOTAVAIL, text: "ipv4: Address not found"));
        var error = await Assert.ThrowsAsync<NetlinkException>(() => _route.RemoveAddressAsync(Vip, Token));
        Assert.Equal((NetlinkErrorCode.NotFound, "ipv4: Address not found"), (error.Code, error.KernelMessage));
        Assert.Equal("removing address 192.0.2.1/32: Cannot assign requested address (ipv4: Address not found)", error.Message);
    }

    public static TheoryData<InterfaceAddress, string> Impossible => new()
    {
        { null!, "address" },
        { Vip with { Address = null! }, "Address" },
        { Vip with { Address = IPAddress.Parse("fe80::1%3") }, "fe80::1%3 has a scope" },
        { Vip with { LinkIndex = 0 }, "LinkIndex" },
        { Vip with { PrefixLength = -1 }, "192.0.2.1/-1: the prefix length must be 0 to 32" },
        { Vip with { PrefixLength = 33 }, "192.0.2.1/33: the prefix length must be 0 to 32" },
        { Vip with { Address = IPAddress.IPv6Loopback, PrefixLength = 129 }, "::1/129: the prefix length must be 0 to 128" },
        { Vip with { PreferredLifetime = TimeSpan.FromSeconds(-1) }, "192.0.2.1/32: the preferred lifetime" },
        { Vip with { PreferredLifetime = TimeSpan.FromSeconds(0.5) }, "192.0.2.1/32: the preferred lifetime" },
        { Vip with { PreferredLifetime = TimeSpan.FromSeconds(uint.MaxValue) }, "from 0 to 4294967294" },
        { Vip with { Label = "" }, "Label" },
        { Vip with { Label = "sixteen-letters!" }, "'sixteen-letters!' must have 1 to 15 bytes" },
        { Vip with { Label = "a\0b" }, "no NUL" },
    };

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void What_cannot_be_expressed_is_refused_by_name_and_not_sent(InterfaceAddress address, string named)
    {
        foreach (var call in new Func<Task>[] { () => _route.AddAddressAsync(address, Token), () => _route.RemoveAddressAsync(address, Token) })
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => { _ = call(); });
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, _kernel.Opened);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sixteen-letters!")]
    [InlineData("a\0b")]
    public void A_name_that_no_link_can_have_is_refused(string? name) =>
        Assert.Equal("name", Assert.ThrowsAny<ArgumentException>(() => { _ = _route.FindLinkAsync(name!, Token); }).ParamName);

    private static byte[] LinkHeader(int index, uint flags) => Join([0, 0, 1, 0], BitConverter.GetBytes(index), BitConverter.GetBytes(flags), new byte[4]);

    private static byte[] RouteHeader(byte family, byte type) => [family, 32, 0, 0, 254, 0, 0, type, 0, 0, 0, 0];

    private static byte[] NeighborHeader(byte family, int index, ushort state) => Join([family, 0, 0, 0], BitConverter.GetBytes(index), BitConverter.GetBytes(state), [0, 1]);

    private static byte[] AddressHeader(byte family, byte prefix, byte flags, int index) => Join([family, prefix, flags, 0], BitConverter.GetBytes(index));

    private static byte[] Lifetimes(uint preferred, uint valid) => Attribute(6, Join(BitConverter.GetBytes(preferred), BitConverter.GetBytes(valid), new byte[8]));
}
