using System.Globalization;
using System.Net;
using System.Text.Json;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink;
using Ilb.Netlink.Route;

namespace Ilb.Integration.Tests.Route;

public sealed class AddressTests : KernelTest
{
    private RouteClient? _route;
    private int _index;

    private RouteClient Client => _route ?? throw new InvalidOperationException("not initialised");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Space.IpBatchAsync("link add d0 mtu 1400 address 02:00:00:00:00:09 type dummy", "link set d0 up", "link add d1 type dummy", "link add t0 type ipip local 10.9.9.9");
        _route = new RouteClient(Space.Options);
        _index = (await Client.FindLinkAsync("d0", Cancellation))?.Index ?? throw new InvalidOperationException("no d0");
    }

    public override async ValueTask DisposeAsync()
    {
        _route?.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Links_are_found_as_ip_shows_them()
    {
        using var json = JsonDocument.Parse(await Space.IpAsync("-j link show"));
        foreach (var shown in json.RootElement.EnumerateArray())
        {
            var link = await Client.FindLinkAsync(shown.GetProperty("ifname").GetString()!, Cancellation);
            Assert.NotNull(link);
            var flags = shown.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()).ToHashSet();
            Assert.Equal(
                (shown.GetProperty("ifindex").GetInt32(), shown.GetProperty("ifname").GetString(), shown.GetProperty("mtu").GetInt32(), flags.Contains("UP"), flags.Contains("LOOPBACK"), flags.Contains("NOARP")),
                (link.Index, link.Name, link.Mtu, link.States.HasFlag(LinkStates.Up), link.States.HasFlag(LinkStates.Loopback), link.States.HasFlag(LinkStates.NoArp)));
            if (shown.GetProperty("link_type").GetString() == "ether")
                Assert.Equal(shown.GetProperty("address").GetString(), string.Join(':', link.HardwareAddress.GetAddressBytes().Select(part => part.ToString("x2", CultureInfo.InvariantCulture))));
        }

        Assert.Null(await Client.FindLinkAsync("nowhere0", Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Client.FindLinkAsync("a-name-of-16-byt", Cancellation));
    }

    [Fact]
    public async Task Addresses_are_added_listed_and_removed()
    {
        InterfaceAddress[] wanted =
        [
            Address("192.0.2.1", 32),
            Address("192.0.2.2", 32) with { Label = "d0:vip" },
            Address("10.0.0.1", 24) with { States = InterfaceAddressStates.NoPrefixRoute },
            Address("10.0.0.2", 24),
            Address("192.0.2.3", 32) with { PreferredLifetime = TimeSpan.Zero },
            Address("2001:db8::1", 128) with { States = InterfaceAddressStates.NoDuplicateDetection, PreferredLifetime = TimeSpan.Zero },
            Address("2001:db8::2", 64) with { States = InterfaceAddressStates.NoDuplicateDetection },
            Address("2001:db8::3", 64) with { States = InterfaceAddressStates.NoDuplicateDetection, PreferredLifetime = TimeSpan.FromSeconds(3600) },
        ];
        foreach (var address in wanted)
            await Client.AddAddressAsync(address, Cancellation);
        await HoldsAsync();

        var list = (await Client.GetAddressesAsync(Cancellation)).Where(address => address.LinkIndex == _index).ToDictionary(address => address.Address.ToString());
        Assert.Equal("d0:vip", list["192.0.2.2"].Label);
        Assert.Equal(InterfaceAddressStates.Permanent, list["192.0.2.1"].States);
        Assert.True(list["10.0.0.1"].States.HasFlag(InterfaceAddressStates.NoPrefixRoute));
        Assert.True(list["10.0.0.2"].States.HasFlag(InterfaceAddressStates.Secondary));
        Assert.True(list["192.0.2.3"].States.HasFlag(InterfaceAddressStates.Deprecated));
        Assert.Equal((TimeSpan.Zero, null), (list["2001:db8::1"].PreferredLifetime, list["2001:db8::1"].ValidLifetime));
        Assert.Equal(InterfaceAddressStates.Deprecated | InterfaceAddressStates.NoDuplicateDetection, list["2001:db8::1"].States & ~InterfaceAddressStates.Permanent);
        Assert.DoesNotContain(list.Values, address => address.States.HasFlag(InterfaceAddressStates.Tentative) && !address.Address.IsIPv6LinkLocal);

        foreach (var address in wanted.Reverse())
            await Client.RemoveAddressAsync(address, Cancellation);
        await HoldsAsync();
        Assert.All((await Client.GetAddressesAsync(Cancellation)).Where(address => address.LinkIndex == _index), address => Assert.True(address.Address.IsIPv6LinkLocal));
    }

    [Fact]
    public async Task What_ip_adds_is_listed_and_can_be_removed()
    {
        await Space.IpBatchAsync("addr add 192.0.2.7/32 dev d0", "addr add 10.0.0.1 peer 10.0.0.2/30 dev d0", "addr add 2001:db8::7/128 dev d0 nodad preferred_lft 0");
        await HoldsAsync();
        await Client.RemoveAddressAsync(Address("192.0.2.7", 32), Cancellation);
        await Client.RemoveAddressAsync(Address("2001:db8::7", 128), Cancellation);
        await HoldsAsync();
        Assert.DoesNotContain("192.0.2.7", await Space.IpAsync("addr"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_name_the_address()
    {
        foreach (var (address, words) in new[] { (Address("192.0.2.1", 32), "192.0.2.1/32"), (Address("2001:db8::1", 128), "2001:db8::1/128") })
        {
            await RefusesAsync(Client.RemoveAddressAsync(address, Cancellation), NetlinkErrorCode.NotFound, 99, $"removing address {words}: ");
            await Client.AddAddressAsync(address, Cancellation);
            await RefusesAsync(Client.AddAddressAsync(address, Cancellation), NetlinkErrorCode.AlreadyExists, 17, $"adding address {words}: ");
            await RefusesAsync(Client.AddAddressAsync(address with { LinkIndex = 9_999 }, Cancellation), NetlinkErrorCode.NotFound, 19, $"adding address {words}: ");
            await RefusesAsync(Client.RemoveAddressAsync(address with { LinkIndex = 9_999 }, Cancellation), NetlinkErrorCode.NotFound, 19, $"removing address {words}: ");
            await RefusesAsync(Client.RemoveAddressAsync(address with { PrefixLength = 31 }, Cancellation), NetlinkErrorCode.NotFound, 99, "removing address ");
        }

        await RefusesAsync(Client.AddAddressAsync(Address("ff02::1234", 128), Cancellation), NetlinkErrorCode.NotFound, 99, "adding address ff02::1234/128: ");
    }

    private static async Task RefusesAsync(Task call, NetlinkErrorCode code, int errno, string start)
    {
        var error = await Assert.ThrowsAsync<NetlinkException>(() => call);
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        Assert.Equal((code, errno), (error.Code, error.Errno));
    }

    private InterfaceAddress Address(string address, int prefixLength) => new() { LinkIndex = _index, Address = IPAddress.Parse(address), PrefixLength = prefixLength };

    /// <summary>Our list is that of <c>ip -j addr</c>.</summary>
    private async Task HoldsAsync()
    {
        using var json = JsonDocument.Parse(await Space.IpAsync("-j addr show"));
        var shown = json.RootElement.EnumerateArray().SelectMany(link => link.GetProperty("addr_info").EnumerateArray()
            .Select(info => (link.GetProperty("ifindex").GetInt32(), info.GetProperty("local").GetString()!, info.GetProperty("prefixlen").GetInt32(),
                info.TryGetProperty("label", out var label) ? label.GetString() : null,
                info.TryGetProperty("deprecated", out _), info.TryGetProperty("secondary", out _), info.TryGetProperty("noprefixroute", out _)))).ToHashSet();
        var listed = (await Client.GetAddressesAsync(Cancellation)).Select(address => (
            address.LinkIndex, address.Address.ToString().Split('%')[0], address.PrefixLength, address.Label,
            address.States.HasFlag(InterfaceAddressStates.Deprecated), address.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && address.States.HasFlag(InterfaceAddressStates.Secondary),
            address.States.HasFlag(InterfaceAddressStates.NoPrefixRoute))).ToHashSet();
        Assert.Equal(shown, listed);
    }
}
