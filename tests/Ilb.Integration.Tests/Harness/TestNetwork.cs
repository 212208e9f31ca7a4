using System.Net;

namespace Ilb.Integration.Tests.Harness;

/// <summary>
/// <code>
/// client 10.0.0.2 ── 10.0.0.1 balancer 10.1.N.1 ── 10.1.N.2 server N
/// </code>
/// and the same in IPv6 (fd00:0::, fd00:1:N::). The VIPs are the balancer's, all default routes lead to it, so masquerading works.
/// </summary>
public sealed class TestNetwork : IAsyncDisposable
{
    private TestNetwork(TestNamespace client, TestNamespace balancer, IReadOnlyList<TestNamespace> servers)
    {
        Client = client;
        Balancer = balancer;
        Servers = servers;
    }

    public static IPAddress Vip { get; } = IPAddress.Parse("10.0.0.100");

    public static IPAddress Vip6 { get; } = IPAddress.Parse("fd00:0::100");

    public static IPAddress ClientAddress { get; } = IPAddress.Parse("10.0.0.2");

    public static IPAddress ClientAddress6 { get; } = IPAddress.Parse("fd00:0::2");

    public TestNamespace Client { get; }

    public TestNamespace Balancer { get; }

    public IReadOnlyList<TestNamespace> Servers { get; }

    /// <summary>The address of a server, from 1.</summary>
    public static IPAddress Server(int number) => IPAddress.Parse($"10.1.{number}.2");

    /// <summary>The address of a server, from 1.</summary>
    public static IPAddress Server6(int number) => IPAddress.Parse($"fd00:1:{number:x}::2");

    /// <summary>Makes it, with servers that run nothing yet.</summary>
    public static async Task<TestNetwork> CreateAsync(int servers)
    {
        var network = new TestNetwork(
            await TestNamespace.CreateAsync("client"),
            await TestNamespace.CreateAsync("lb"),
            [.. await Task.WhenAll(Enumerable.Range(1, servers).Select(number => TestNamespace.CreateAsync($"s{number}")))]);
        await network.ConnectAsync();
        return network;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var space in (TestNamespace[])[Client, Balancer, .. Servers])
            await space.DisposeAsync();
    }

    private async Task ConnectAsync()
    {
        await Balancer.IpBatchAsync(
        [
            $"link add client type veth peer name eth0 netns {Client.Name}",
            "link set client up",
            "addr add 10.0.0.1/24 dev client",
            $"addr add {Vip}/32 dev client",
            "addr add fd00:0::1/64 dev client nodad",
            $"addr add {Vip6}/128 dev client nodad preferred_lft 0",
            .. Servers.SelectMany((server, i) => (string[])
            [
                $"link add s{i + 1} type veth peer name eth0 netns {server.Name}",
                $"link set s{i + 1} up",
                $"addr add 10.1.{i + 1}.1/24 dev s{i + 1}",
                $"addr add fd00:1:{i + 1:x}::1/64 dev s{i + 1} nodad",
            ]),
        ]);
        Balancer.Sysctl(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"));
        await AttachAsync(Client, "10.0.0.2/24", "10.0.0.1", "fd00:0::2/64", "fd00:0::1");
        for (int i = 1; i <= Servers.Count; i++)
            await AttachAsync(Servers[i - 1], $"10.1.{i}.2/24", $"10.1.{i}.1", $"fd00:1:{i:x}::2/64", $"fd00:1:{i:x}::1");
    }

    private static Task<string> AttachAsync(TestNamespace space, string address, string router, string address6, string router6) => space.IpBatchAsync(
        "link set eth0 up", $"addr add {address} dev eth0", $"addr add {address6} dev eth0 nodad", $"route add default via {router}", $"route add ::/0 via {router6}");
}
