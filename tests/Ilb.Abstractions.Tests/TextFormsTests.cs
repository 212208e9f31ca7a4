using System.Net;
using FsCheck.Xunit;

namespace Ilb.Tests;

public sealed class TextFormsTests
{
    [Theory]
    [InlineData("80", 80, 80)]
    [InlineData("1-65535", 1, 65535)]
    [InlineData("8000-8000", 8000, 8000)]
    public void A_range_of_ports_is_read(string text, int first, int last)
    {
        Assert.Equal(new PortRange(first, last), PortRange.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("99999999999")]
    [InlineData("-80")]
    [InlineData("80-")]
    [InlineData("90-80")]
    [InlineData("80-90-100")]
    [InlineData(" 80")]
    [InlineData("+80")]
    [InlineData("080")]
    [InlineData("80-090")]
    [InlineData("http")]
    public void What_is_no_range_of_ports_is_refused(string text)
    {
        Assert.False(PortRange.TryParse(text, null, out _));
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => PortRange.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Property]
    public void A_range_of_ports_survives_its_text(ushort one, ushort other)
    {
        var range = new PortRange(Math.Max(1, (int)Math.Min(one, other)), Math.Max(1, (int)Math.Max(one, other)));
        Assert.Equal(range, PortRange.Parse(range.ToString()));
    }

    [Theory]
    [InlineData(80, 90, 90, 100, true)]
    [InlineData(80, 90, 91, 100, false)]
    [InlineData(1, 65535, 80, 80, true)]
    public void Ranges_overlap_if_they_share_a_port(int a, int b, int c, int d, bool expected)
    {
        Assert.Equal(expected, new PortRange(a, b).Overlaps(new PortRange(c, d)));
        Assert.Equal(expected, new PortRange(c, d).Overlaps(new PortRange(a, b)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 65536)]
    public void A_wrong_range_cannot_be_made(int first, int last) => Assert.Throws<ArgumentOutOfRangeException>(() => new PortRange(first, last));

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    [InlineData("[2001:db8::1]")]
    public void An_address_is_read(string text) => Assert.Equal(IPAddress.Parse(text.Trim('[', ']')), NumericAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("10.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.01")]
    [InlineData("10.0.0.1.")]
    [InlineData("10.0.0.1.2")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("[10.0.0.1]")]
    [InlineData("[2001:db8::1")]
    [InlineData("[")]
    [InlineData("[[2001:db8::1]]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("2001:db8::1/64")]
    [InlineData("host.example")]
    public void What_is_no_address_is_refused(string text) => Assert.False(NumericAddress.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.1:80", "10.0.0.1:80")]
    [InlineData("10.0.0.1:80-90", "10.0.0.1:80-90")]
    [InlineData("10.0.0.254-10.0.1.1:80", "10.0.0.254:80 10.0.0.255:80 10.0.1.0:80 10.0.1.1:80")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]")]
    [InlineData("[2001:db8::1]:80", "[2001:db8::1]:80")]
    [InlineData("[2001:db8::ffff]-[2001:db8::1:1]", "[2001:db8::ffff] [2001:db8::1:0] [2001:db8::1:1]")]
    [InlineData("web-1.example", "web-1.example")]
    [InlineData("web-1:80", "web-1:80")]
    public void Servers_are_read(string text, string expected) => Assert.Equal(expected, string.Join(' ', ServerSpec.Parse(text)));

    [Theory]
    [InlineData("", "names no server")]
    [InlineData(":80", "names no server")]
    [InlineData("10.0.0", "not an IPv4 or IPv6 address")]
    [InlineData("10.0.0.1:", "'' is not a port")]
    [InlineData("10.0.0.1:0", "'0' is not a port")]
    [InlineData("10.0.0.1:90-80", "'90-80' is not a port")]
    [InlineData("10.0.0.9-10.0.0.1", "upside down")]
    [InlineData("10.0.0.1-10.0.0.255-10.0.0.9", "not an IPv4 or IPv6 address")]
    [InlineData("10.0.0.0-10.0.0.255", "at most 255")]
    [InlineData("[2001:db8::1]-[2001:db8::ffff:1]", "at most 255")]
    [InlineData("2001:db8::1", "stands in []")]
    [InlineData("[10.0.0.1]", "an IPv4 address stands without []")]
    [InlineData("[10.0.0.1]:80", "an IPv4 address stands without []")]
    [InlineData("[2001:db8::1]x", "only :PORT may follow ]")]
    [InlineData("[2001:db8::1]80", "only :PORT may follow ]")]
    [InlineData("[2001:db8::1", "[ and ] do not match")]
    [InlineData("2001:db8::1]:80", "[ and ] do not match")]
    [InlineData("10.0.0.1-[2001:db8::1]", "one family")]
    [InlineData("[2001:db8::1]-10.0.0.1:80", "one family")]
    [InlineData("[2001:db8::1]-2001:db8::5", "stands in []")]
    [InlineData("0x0a000001", "neither an address nor a host name")]
    [InlineData("0x0a.1:80", "neither an address nor a host name")]
    [InlineData("10.0.0.1:080", "'080' is not a port")]
    [InlineData("10.0.0.1:http", "'http' is not a port")]
    [InlineData("web_1/x", "neither an address nor a host name")]
    [InlineData("-web", "neither an address nor a host name")]
    public void What_is_no_server_is_refused_with_the_reason(string text, string reason)
    {
        var message = Assert.Throws<FormatException>(() => ServerSpec.Parse(text)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_of_servers_may_be_names_of_services()
    {
        Assert.Equal("10.0.0.1:80", Assert.Single(ServerSpec.Parse("10.0.0.1:http", static name => name == "http" ? 80 : null)).ToString());
        Assert.Contains("'htp' is neither", Assert.Throws<FormatException>(static () => ServerSpec.Parse("10.0.0.1:htp", static _ => null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web", "'web'")]
    [InlineData(null, "''")]
    [InlineData("it's", "'it's'")]
    [InlineData("a\tb\r\nc\u001b[31m", "'a\\tb\\r\\nc\\u001b[31m'")]
    [InlineData("\u202eevil\u2028", "'\\u202eevil\\u2028'")]
    [InlineData("wéb", "'wéb'")]
    public void Texts_of_others_are_quoted(string? text, string expected) => Assert.Equal(expected, Quote.Of(text));

    [Fact]
    public void Long_texts_of_others_are_cut()
    {
        Assert.Equal($"'{new string('x', 100)}'", Quote.Of(new string('x', 100)));
        Assert.Equal($"'{new string('x', 100)}…'", Quote.Of(new string('x', 101)));
    }

    [Fact]
    public void A_span_of_255_addresses_is_the_longest() => Assert.Equal(255, ServerSpec.Parse("10.0.0.1-10.0.0.255").Count);

    [Property]
    public void A_server_survives_its_text(byte[] bytes, ushort port)
    {
        var address = new IPAddress([.. bytes.Concat(new byte[16]).Take(bytes.Length % 2 == 0 ? 4 : 16)]);
        var server = new Server { Address = address, Ports = port == 0 ? null : port };
        Assert.Equal([server], ServerSpec.Parse(ServerSpec.Format(server)));
    }

    [Theory]
    [InlineData("_web.0", "web", 0u)]
    [InlineData("_web.v2.4294967295", "web.v2", 4294967295u)]
    public void A_server_ID_is_read(string text, string group, uint number)
    {
        Assert.Equal(new ServerId { ServerGroup = group, Number = number }, ServerId.Parse(text));
        Assert.Equal(text, ServerId.Parse(text).ToString());
    }

    [Theory]
    [InlineData("web.0")]
    [InlineData("_web")]
    [InlineData("_.0")]
    [InlineData("_web.")]
    [InlineData("_web.00")]
    [InlineData("_web.-1")]
    [InlineData("_web.4294967296")]
    public void What_is_no_server_ID_is_refused(string text) => Assert.False(ServerId.TryParse(text, null, out _));

    [Theory]
    [InlineData("_web.3", "_web.3")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.1:80", "10.0.0.1:80")]
    [InlineData("2001:db8::1", "[2001:db8::1]")]
    [InlineData("[2001:db8::1]:80-81", "[2001:db8::1]:80-81")]
    public void A_selector_is_read(string text, string expected) => Assert.Equal(expected, ServerSelector.Parse(text).ToString());

    [Theory]
    [InlineData("web")]
    [InlineData("10.0.0.1:x")]
    [InlineData("2001:db8:0:0:0:0:0:1:80")]
    [InlineData("")]
    public void What_is_no_selector_is_refused(string text) => Assert.False(ServerSelector.TryParse(text, null, out _));

    [Theory]
    [InlineData("web", true)]
    [InlineData("0a.B_c-d", true)]
    [InlineData("", false)]
    [InlineData("_web", false)]
    [InlineData("-web", false)]
    [InlineData("we b", false)]
    [InlineData("wéb", false)]
    public void Names_have_few_characters(string text, bool expected) => Assert.Equal(expected, ObjectName.IsValid(text));

    [Fact]
    public void Names_have_63_characters_at_most()
    {
        Assert.True(ObjectName.IsValid(new string('a', 63)));
        Assert.False(ObjectName.IsValid(new string('a', 64)));
    }

    [Theory]
    [InlineData("rr", Algorithm.RoundRobin)]
    [InlineData("RoundRobin", Algorithm.RoundRobin)]
    [InlineData("hip", Algorithm.HashIp)]
    [InlineData("hipp", Algorithm.HashIpPort)]
    [InlineData("hash-ip-vip", Algorithm.HashIpVip)]
    [InlineData("twos", Algorithm.PowerOfTwoChoices)]
    public void Algorithms_have_words(string text, Algorithm expected) => Assert.Equal(expected, AlgorithmNames.Parse(text));

    [Fact]
    public void Every_value_has_a_word_of_its_own_and_survives_it()
    {
        Assert.All(Enum.GetValues<Algorithm>(), static value => Assert.Equal(value, AlgorithmNames.Parse(value.ToText())));
        Assert.All(Enum.GetValues<Topology>(), static value => Assert.Equal(value, TopologyNames.Parse(value.ToText())));
        Assert.All(Enum.GetValues<Protocol>(), static value => Assert.Equal(value, ProtocolNames.Parse(value.ToText())));
    }

    [Fact]
    public void An_unknown_word_is_refused_with_those_that_there_are() =>
        Assert.Equal("'x' is not a topology: it is one of DSR, NAT, HALF-NAT, TUN", Assert.Throws<FormatException>(static () => TopologyNames.Parse("x")).Message);

    [Theory]
    [InlineData("http", Protocol.Tcp, 80)]
    [InlineData("www", Protocol.Tcp, 80)]
    [InlineData("http", Protocol.Sctp, 80)]
    [InlineData("domain", Protocol.Udp, 53)]
    [InlineData("http", Protocol.Udp, null)]
    [InlineData("HTTP", Protocol.Tcp, null)]
    [InlineData("old", Protocol.Tcp, null)]
    [InlineData("zero", Protocol.Tcp, null)]
    public void Service_names_are_found(string name, Protocol protocol, int? port)
    {
        const string Services = "# comment\nhttp\t80/tcp www # web\ndomain 53/tcp\ndomain 53/udp\n#old 81/tcp\nbroken\nzero 0/tcp\n";
        Assert.Equal(port, ServiceNames.Find(name, protocol, Services));
    }
}
