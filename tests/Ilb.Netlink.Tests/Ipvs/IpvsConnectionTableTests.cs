using System.Net;
using System.Text;
using Ilb.Netlink.Ipvs;

namespace Ilb.Netlink.Tests.Ipvs;

/// <summary>Lines as ip_vs_conn_seq_show (net/netfilter/ipvs/ip_vs_conn.c) prints them.</summary>
public sealed class IpvsConnectionTableTests
{
    private const string Header = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
    private const string V4 = "TCP C0000202 C350 C0000201 0050 0A00000B 1F90 ESTABLISHED     899";

    private static readonly IpvsConnection Tcp = new()
    {
        Protocol = "TCP",
        ClientAddress = IPAddress.Parse("192.0.2.2"),
        ClientPort = 50000,
        VirtualAddress = IPAddress.Parse("192.0.2.1"),
        VirtualPort = 80,
        DestinationAddress = IPAddress.Parse("10.0.0.11"),
        DestinationPort = 8080,
        State = "ESTABLISHED",
        Expires = TimeSpan.FromSeconds(899),
    };

    [Fact]
    public void IPv4() => Assert.Equal(Tcp, IpvsConnectionTable.Parse(V4));

    [Fact]
    public void IPv6() => Assert.Equal(
        new IpvsConnection
        {
            Protocol = "UDP",
            ClientAddress = IPAddress.Parse("2001:db8::2"),
            ClientPort = 0xffff,
            VirtualAddress = IPAddress.Parse("2001:db8::1"),
            VirtualPort = 53,
            DestinationAddress = IPAddress.Parse("2001:db8:1::11"),
            DestinationPort = 5353,
            State = "UDP",
            Expires = TimeSpan.Zero,
        },
        IpvsConnectionTable.Parse("UDP 2001:0db8:0000:0000:0000:0000:0000:0002 FFFF 2001:0db8:0000:0000:0000:0000:0000:0001 0035 2001:0db8:0001:0000:0000:0000:0000:0011 14E9 UDP               0"));

    [Fact]
    public void An_IPv4_connection_may_go_through_a_tunnel_to_an_IPv6_destination()
    {
        var connection = IpvsConnectionTable.Parse("TCP C0000202 C350 C0000201 0050 2001:0db8:0001:0000:0000:0000:0000:0011 0050 SYN_RECV         59");
        Assert.Equal(("192.0.2.2", "2001:db8:1::11", "SYN_RECV"), (connection.ClientAddress.ToString(), connection.DestinationAddress.ToString(), connection.State));
    }

    [Fact]
    public void The_template_of_a_firewall_mark_has_the_mark_as_its_address()
    {
        var template = IpvsConnectionTable.Parse("IP  C0000200 0000 00000007 0000 0A00000B 0000 NONE            300");
        Assert.Equal(("IP", 0, "0.0.0.7", "NONE"), (template.Protocol, template.ClientPort, template.VirtualAddress.ToString(), template.State));
    }

    [Theory]
    [InlineData("SCTP")]
    [InlineData("ICMPv6")]
    [InlineData("IP_51")]
    public void A_protocol_longer_than_its_column_shifts_the_line(string protocol) =>
        Assert.Equal(Tcp with { Protocol = protocol }, IpvsConnectionTable.Parse(V4.Replace("TCP", protocol, StringComparison.Ordinal)));

    [Fact]
    public void A_state_longer_than_its_column_shifts_the_line() =>
        Assert.Equal(Tcp with { State = "SHUTDOWN_ACK_SENT" }, IpvsConnectionTable.Parse(V4.Replace("ESTABLISHED", "SHUTDOWN_ACK_SENT", StringComparison.Ordinal)));

    [Theory]
    [InlineData(" sip 4711@example", "sip", "4711@example")]
    [InlineData(" sip with spaces in  it ", "sip", "with spaces in  it ")]
    [InlineData(" sip ", "sip", "")]
    [InlineData("", null, null)]
    public void The_data_of_a_persistence_engine_may_hold_anything(string end, string? engine, string? data)
    {
        var connection = IpvsConnectionTable.Parse(V4 + end);
        Assert.Equal((engine, data), (connection.PersistenceEngine, connection.PersistenceData));
    }

    [Theory]
    [InlineData("")]
    [InlineData("TCP")]
    [InlineData("TCP C0000202 C350 C0000201 0050 0A00000B 1F90 ESTABLISHED")]
    [InlineData("TCP C000020 C350 C0000201 0050 0A00000B 1F90 ESTABLISHED 899")]
    [InlineData("TCP C000020G C350 C0000201 0050 0A00000B 1F90 ESTABLISHED 899")]
    [InlineData("TCP 192.0.2.2 C350 C0000201 0050 0A00000B 1F90 ESTABLISHED 899")]
    [InlineData("TCP C0000202 10000 C0000201 0050 0A00000B 1F90 ESTABLISHED 899")]
    [InlineData("TCP C0000202 C350 C0000201 0050 0A00000B 1F90 ESTABLISHED -1")]
    [InlineData("TCP C0000202 C350 C0000201 0050 2001:0db8:0001:0000:0000:0000:0000:001g 1F90 ESTABLISHED 899")]
    public void A_line_that_makes_no_sense_is_a_protocol_error_that_shows_it(string line)
    {
        var error = Assert.Throws<NetlinkException>(() => IpvsConnectionTable.Parse(line));
        Assert.Equal(NetlinkErrorCode.Protocol, error.Code);
        Assert.Contains($"'{line}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task The_table_is_streamed_without_its_header(int count)
    {
        var table = new StringBuilder(Header);
        for (int i = 0; i < count; i++)
            table.Append(V4).Append('\n');
        var stream = new MemoryStream(Encoding.UTF8.GetBytes(table.ToString()));

        var read = await IpvsConnectionTable.ReadAsync(() => stream, Token).ToListAsync(Token);

        Assert.Equal(count, read.Count);
        Assert.All(read, connection => Assert.Equal(Tcp, connection));
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task A_reader_that_stops_early_closes_the_table()
    {
        var stream = new MemoryStream(Encoding.UTF8.GetBytes($"{Header}{V4}\n{V4}\n"));
        Assert.Equal(Tcp, await IpvsConnectionTable.ReadAsync(() => stream, Token).FirstAsync(Token));
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task Cancelled_a_stream_ends_with_what_is_in_its_buffer()
    {
        var stream = new MemoryStream(Encoding.UTF8.GetBytes(Header + string.Concat(Enumerable.Repeat(V4 + "\n", 1000))));
        using var cancellation = new CancellationTokenSource();
        int count = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in IpvsConnectionTable.ReadAsync(() => stream, cancellation.Token))
            {
                count++;
                await cancellation.CancelAsync();
            }
        });
        Assert.InRange(count, 1, 100);
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task A_namespace_that_does_not_exist_is_not_found()
    {
        using var ipvs = new IpvsClient(new NetlinkOptions { NetworkNamespace = "/run/netns/no such namespace" });
        var error = await Assert.ThrowsAsync<NetlinkException>(async () => await ipvs.GetConnectionsAsync(Token).ToListAsync(Token));
        Assert.Equal(NetlinkErrorCode.NotFound, error.Code);
    }

    [Fact]
    public async Task A_kernel_without_IPVS_is_told_with_what_to_do()
    {
        Assert.SkipWhen(File.Exists("/proc/net/ip_vs_conn"), "this kernel has IPVS");
        using var ipvs = new IpvsClient();
        var error = await Assert.ThrowsAsync<NetlinkException>(async () => await ipvs.GetConnectionsAsync(Token).ToListAsync(Token));
        Assert.Equal(NetlinkErrorCode.Unavailable, error.Code);
        Assert.StartsWith("this kernel has no IPVS", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
