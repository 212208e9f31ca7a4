using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb.Netlink.Tests.Ipvs;

public sealed class IpvsServiceKeyTests
{
    [Theory]
    [InlineData(IpvsProtocol.Tcp, "192.0.2.1", 80, "TCP 192.0.2.1:80")]
    [InlineData(IpvsProtocol.Udp, "2001:db8::1", 53, "UDP [2001:db8::1]:53")]
    [InlineData(IpvsProtocol.Sctp, "192.0.2.1", 0, "SCTP 192.0.2.1:0")]
    public void A_key_of_an_address_is_written_as_one_says_it(IpvsProtocol protocol, string address, int port, string text) =>
        Assert.Equal(text, IpvsServiceKey.ForAddress(protocol, IPAddress.Parse(address), (ushort)port).ToString());

    [Fact]
    public void A_key_of_a_mark_is_written_with_its_family_if_that_is_IPv6()
    {
        Assert.Equal("FWM 7", IpvsServiceKey.ForFirewallMark(7).ToString());
        Assert.Equal("FWM 4294967295 IPv6", IpvsServiceKey.ForFirewallMark(uint.MaxValue, AddressFamily.InterNetworkV6).ToString());
    }

    [Fact]
    public void Keys_are_equal_by_value()
    {
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
        Assert.Equal(key, IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80));
        Assert.NotEqual(key, IpvsServiceKey.ForAddress(IpvsProtocol.Udp, IPAddress.Parse("192.0.2.1"), 80));
        Assert.NotEqual(key, IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.2"), 80));
        Assert.NotEqual(key, IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 81));
        Assert.NotEqual(IpvsServiceKey.ForFirewallMark(7), IpvsServiceKey.ForFirewallMark(7, AddressFamily.InterNetworkV6));
    }

    [Fact]
    public void What_is_no_key_is_refused_by_name()
    {
        Assert.Equal("protocol", Assert.Throws<ArgumentOutOfRangeException>(() => IpvsServiceKey.ForAddress((IpvsProtocol)1, IPAddress.Loopback, 1)).ParamName);
        Assert.Equal("address", Assert.Throws<ArgumentException>(() => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("fe80::1%2"), 1)).ParamName);
        Assert.Equal("address", Assert.Throws<ArgumentNullException>(() => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, null!, 1)).ParamName);
        Assert.Equal("mark", Assert.Throws<ArgumentOutOfRangeException>(() => IpvsServiceKey.ForFirewallMark(0)).ParamName);
        Assert.Equal("family", Assert.Throws<ArgumentOutOfRangeException>(() => IpvsServiceKey.ForFirewallMark(1, AddressFamily.Unspecified)).ParamName);
    }
}
