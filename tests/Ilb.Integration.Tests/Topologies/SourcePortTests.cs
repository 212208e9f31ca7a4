using System.Globalization;
using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>Full NAT when the ports of <c>proxy-src</c> are used up.</summary>
public sealed class SourcePortTests : IAsyncLifetime
{
    private const int Ports = 65534 - 4096 + 1;

    // More than there are ports. Some may be lost before all are used: the kernel does not try every port.
    private const int Clients = Ports + 100;

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
        Lab.Space("lb").Sysctl(("netfilter/nf_conntrack_udp_timeout", "600"));
        foreach (var server in (string[])["s1", "s2"])
            await Flood.SwallowAsync(Lab.Space(server));
        Flood.Send(Lab.Space("router"), new IPEndPoint(vip, 53), ..Clients);
        var (arrived, lost) = (await Flood.ArrivedAsync(Lab.Space("s1")), await LostAsync());
        Assert.Equal((Clients, true, true), (arrived + lost.InsertFailed, arrived <= Ports, lost.InsertFailed > 0));
        Assert.Equal(lost.InsertFailed, lost.Drop);

        // Ports count for each server: another has all of them.
        Assert.True((await balancer.ApplyAsync([new AddServers { ServerGroup = "g", Servers = [new Server { Address = Lab.Address("SERVER2", 4) }] }], cancellationToken: Cancellation)).Converged);
        Flood.Send(Lab.Space("router"), new IPEndPoint(vip, 53), Clients..(Clients + 100));
        Assert.Equal(50, await Flood.ArrivedAsync(Lab.Space("s2")));
    }

    // Of all processors, each of which has a line.
    private async Task<(int InsertFailed, int Drop)> LostAsync()
    {
        var lines = (await Lab.InAsync("lb", "cat", "/proc/net/stat/nf_conntrack")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return (Sum("insert_failed"), Sum("drop"));
        int Sum(string column) => lines.Skip(1).Sum(line => int.Parse(line[Array.IndexOf(lines[0], column)], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
