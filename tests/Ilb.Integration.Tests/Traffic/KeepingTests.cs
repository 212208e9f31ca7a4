using System.Diagnostics;
using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Traffic;

/// <summary>The engine as part of a program that lives: what others do to the kernel is healed, by the real clock.</summary>
public sealed class KeepingTests() : TrafficTest(servers: 2)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Services_that_somebody_cleared_under_traffic_are_back_and_connections_go_on()
    {
        for (int number = 1; number <= 2; number++)
            Hold(EchoServer.Tcp(Net.Servers[number - 1], TestNetwork.Server(number), 8080));
        using var folder = new TemporaryFolder();
        await using var balancer = LoadBalancer.Create(folder.Options with { NetworkNamespace = Net.Balancer.Path, KeepsKernel = true, AuditInterval = Interval });
        await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = [.. ServerSpec.Parse($"{TestNetwork.Server(1)}:8080"), .. ServerSpec.Parse($"{TestNetwork.Server(2)}:8080")] } },
            new CreateRule { Rule = new Rule { Name = "web", Vip = TestNetwork.Vip, Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
        ], cancellationToken: Cancellation);
        var saved = await Net.Balancer.IpvsadmAsync("-Sn");
        var web = new IPEndPoint(TestNetwork.Vip, 80);
        var old = Hold(await Sockets.ConnectAsync(Net.Client, web));

        for (int round = 0; round < 3; round++)
        {
            await Net.Balancer.IpvsadmAsync("-C");
            long cleared = Stopwatch.GetTimestamp();
            await Eventually.HoldsAsync(async () => Assert.Equal(saved, await Net.Balancer.IpvsadmAsync("-Sn")));
            TestContext.Current.TestOutputHelper?.WriteLine($"ipvsadm -C healed after {Stopwatch.GetElapsedTime(cleared).TotalMilliseconds:F0} ms");
            // To both servers.
            for (int i = 0; i < 4; i++)
                Hold(await Sockets.ConnectAsync(Net.Client, web));
            await Sockets.EchoAsync(old);
        }
    }

    [Fact]
    public async Task A_service_of_somebody_else_is_as_it_was_through_intervals_and_healing()
    {
        var theirs = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, TestNetwork.Vip, 81);
        await ServeAsync(new IpvsService { Key = theirs, Scheduler = "sed" }, 8080);
        var before = await Net.Balancer.IpvsadmAsync("-Sn");
        using var folder = new TemporaryFolder();
        await using var balancer = LoadBalancer.Create(folder.Options with { NetworkNamespace = Net.Balancer.Path, KeepsKernel = true, AuditInterval = Interval });
        await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse($"{TestNetwork.Server(1)}:8080") } },
            new CreateRule { Rule = new Rule { Name = "web", Vip = TestNetwork.Vip, Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
        ], cancellationToken: Cancellation);
        var ours = Vip(IpvsProtocol.Tcp, 80);
        for (int round = 0; round < 2; round++)
        {
            await Ipvs.RemoveServiceAsync(ours, Cancellation);
            await Eventually.HoldsAsync(async () => Assert.Single(await Ipvs.GetDestinationsAsync(ours, Cancellation)));
        }

        var after = (await Net.Balancer.IpvsadmAsync("-Sn")).Split('\n');
        Assert.Equal(before.Split('\n'), after.Where(static line => !line.Contains($"{TestNetwork.Vip}:80 ", StringComparison.Ordinal)));
    }
}
