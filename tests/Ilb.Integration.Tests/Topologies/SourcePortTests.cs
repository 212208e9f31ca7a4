using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>Full NAT when the ports of <c>proxy-src</c> are used up.</summary>
public sealed partial class SourcePortTests : IAsyncLifetime
{
    private const int Ports = 65534 - 4096 + 1;

    // Some are lost already before all ports are used: the kernel does not try every one.
    private const int Clients = 60_000;

    private readonly TemporaryFolder _folder = new();
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lab = await LabTopology.CreateAsync(1);

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Connections_that_find_no_port_do_not_reach_the_server_and_are_counted_by_the_connection_tracking()
    {
        await using var balancer = LoadBalancer.Create(_folder.Options with { NetworkNamespace = Lab.BalancerPath });
        var vip = Lab.Address("VIP", 4);
        Assert.True((await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "g", Servers = [new Server { Address = Lab.Address("SERVER1", 4) }] } },
            new CreateRule { Rule = new Rule { Name = "r", Vip = vip, Ports = 53, Protocol = Protocol.Udp, Topology = Topology.Nat, ProxySource = new AddressSpan(Lab.Address("LB", 4)), Interface = "eth0", ServerGroup = "g" } },
        ], cancellationToken: Cancellation)).Converged);
        // Else those that came first are forgotten before the last ones come.
        await Lab.InAsync("lb", "sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=600");
        foreach (var server in (string[])["s1", "s2"])
            await Lab.InAsync(server, "nft", "add table inet counting; add chain inet counting in { type filter hook prerouting priority 0; }; add rule inet counting in udp dport 53 counter drop");
        Send(vip, 0, Clients);
        var (arrived, lost) = (await ArrivedAsync("s1"), await LostAsync());
        Assert.Equal((Clients, true, true), (arrived + lost.InsertFailed, arrived <= Ports, lost.InsertFailed > 0));
        Assert.Equal(lost.InsertFailed, lost.Drop);

        // Ports count for each server: another has all of them.
        Assert.True((await balancer.ApplyAsync([new AddServers { ServerGroup = "g", Servers = [new Server { Address = Lab.Address("SERVER2", 4) }] }], cancellationToken: Cancellation)).Converged);
        Send(vip, Clients, 100);
        Assert.Equal(50, await ArrivedAsync("s2"));
    }

    private async Task<int> ArrivedAsync(string server) => int.Parse(Packets().Match(await Lab.InAsync(server, "nft", "list", "chain", "inet", "counting", "in")).Groups[1].Value, CultureInfo.InvariantCulture);

    // Of all processors, each of which has a line.
    private async Task<(int InsertFailed, int Drop)> LostAsync()
    {
        var lines = (await Lab.InAsync("lb", "cat", "/proc/net/stat/nf_conntrack")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return (Sum("insert_failed"), Sum("drop"));
        int Sum(string column) => lines.Skip(1).Sum(line => int.Parse(line[Array.IndexOf(lines[0], column)], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    // One datagram of each of so many clients, from any of the addresses that are the client's.
    private void Send(IPAddress vip, int first, int count)
    {
        using var socket = Lab.Space("client").Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw));
        // IP and UDP headers; the kernel fills in what is 0, and a checksum of UDP may be.
        var packet = new byte[29];
        (packet[0], packet[8], packet[9]) = (0x45, 64, 17);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        vip.GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), 53);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), 9);
        var to = new IPEndPoint(vip, 0);
        for (int i = first; i < first + count; i++)
        {
            // 10.77.64.0/18
            (packet[12], packet[13], packet[14], packet[15]) = (10, 77, (byte)(64 + (i >> 8 & 63)), (byte)i);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)(20_000 + (i >> 14)));
            socket.SendTo(packet, to);
        }
    }

    [GeneratedRegex(@"counter packets (\d+)")]
    private static partial Regex Packets();
}
