using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb.Netlink.Tests.Ipvs;

public sealed class IpvsNetmaskTests
{
    [Theory]
    [InlineData(0, "0.0.0.0")]
    [InlineData(1, "128.0.0.0")]
    [InlineData(24, "255.255.255.0")]
    [InlineData(31, "255.255.255.254")]
    public void An_IPv4_prefix_is_the_mask_of_its_length(int length, string mask)
    {
        var netmask = IpvsNetmask.FromPrefixLength(length, AddressFamily.InterNetwork);
        Assert.Equal((mask, length, AddressFamily.InterNetwork, false), (netmask.ToString(), netmask.PrefixLength, netmask.Family, netmask.IsHost));
        Assert.Equal(netmask, IpvsNetmask.FromAddress(IPAddress.Parse(mask)));
    }

    [Fact]
    public void Every_IPv4_prefix_length_comes_back()
    {
        for (int length = 0; length < 32; length++)
            Assert.Equal(length, IpvsNetmask.FromPrefixLength(length, AddressFamily.InterNetwork).PrefixLength);
    }

    [Theory]
    [InlineData("255.0.255.0")]
    [InlineData("0.0.0.255")]
    [InlineData("127.255.255.255")]
    public void A_mask_with_holes_has_no_prefix_length(string mask)
    {
        var netmask = IpvsNetmask.FromAddress(IPAddress.Parse(mask));
        Assert.Null(netmask.PrefixLength);
        Assert.Equal(mask, netmask.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(127)]
    public void An_IPv6_mask_is_its_prefix_length(int length)
    {
        var netmask = IpvsNetmask.FromPrefixLength(length, AddressFamily.InterNetworkV6);
        Assert.Equal((length, AddressFamily.InterNetworkV6, $"{length}"), (netmask.PrefixLength, netmask.Family, netmask.ToString()));
    }

    [Fact]
    public void The_full_mask_of_either_family_is_the_default_and_fits_both()
    {
        Assert.Equal(default, IpvsNetmask.Host);
        Assert.Equal(IpvsNetmask.Host, IpvsNetmask.FromPrefixLength(32, AddressFamily.InterNetwork));
        Assert.Equal(IpvsNetmask.Host, IpvsNetmask.FromPrefixLength(128, AddressFamily.InterNetworkV6));
        Assert.Equal(IpvsNetmask.Host, IpvsNetmask.FromAddress(IPAddress.Broadcast));
        Assert.Equal((true, null, AddressFamily.Unspecified, "host"), (IpvsNetmask.Host.IsHost, IpvsNetmask.Host.PrefixLength, IpvsNetmask.Host.Family, IpvsNetmask.Host.ToString()));
    }

    [Theory]
    [InlineData(-1, AddressFamily.InterNetwork, "length")]
    [InlineData(33, AddressFamily.InterNetwork, "length")]
    [InlineData(0, AddressFamily.InterNetworkV6, "length")]
    [InlineData(129, AddressFamily.InterNetworkV6, "length")]
    [InlineData(24, AddressFamily.Unix, "family")]
    public void What_is_out_of_range_is_refused_by_name(int length, AddressFamily family, string named) =>
        Assert.Equal(named, Assert.Throws<ArgumentOutOfRangeException>(() => IpvsNetmask.FromPrefixLength(length, family)).ParamName);

    [Fact]
    public void A_mask_that_is_no_IPv4_address_is_refused_by_name()
    {
        Assert.Contains("ffff:: is not an IPv4 mask", Assert.Throws<ArgumentException>(() => IpvsNetmask.FromAddress(IPAddress.Parse("ffff::"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => IpvsNetmask.FromAddress(null!));
    }
}
