using System.Diagnostics;
using System.Net;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>
/// The native daemon on a real kernel, with the native command and programs as its clients. Races are sought outside the lab, which has
/// one CPU, by CrowdTests of Ilb.Daemon.Tests; here they meet the kernel. ILB_FULL=1: as many as there.
/// </summary>
public sealed class DaemonTests : KernelTest
{
    private const int Clients = 8;
    private const int CheckInterval = 5;

    private static readonly int Changes = FullRun.Count(40, full: 500);
    private static readonly int Commands = FullRun.Count(10, full: 50);

    [Fact]
    public async Task Of_changes_that_many_clients_make_at_once_none_is_lost()
    {
        await using var daemon = new Ilbd(Space);
        await daemon.StartAsync();
        await daemon.Client.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse($"10.0.0.1-10.0.0.{Clients + 1}:8080") } },
            new CreateRule { Rule = new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
        ], cancellationToken: Cancellation);
        using var ilbadm = new Ilbadm(Space);
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, Clients).Select(client => ChangeAsync(daemon.SocketPath, (uint)client)),
            // Commands among them.
            ilbadm.ScriptAsync($"""
                export ILB_SOCKET='{daemon.SocketPath}'; unset ILB_CONFIG
                for weight in $(seq 2 {1 + Commands}); do ilbadm set-server -s weight=$weight _web.{Clients} || exit 1; done

                """),
        ]);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Clients * Changes / Stopwatch.GetElapsedTime(started).TotalSeconds:F0} changes a second");
        var saved = IlbJson.DeserializeConfiguration(await File.ReadAllBytesAsync(daemon.ConfigurationPath, Cancellation));
        int[] wanted = [.. Enumerable.Repeat(1 + Changes, Clients), 1 + Commands];
        Assert.Equal(wanted, saved.ServerGroups[0].Servers.Select(static server => server.Weight));
        var kernel = await Ipvs.GetDestinationsAsync(IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80), Cancellation);
        Assert.Equal(wanted, kernel.OrderBy(static state => state.Destination.Address.ToString(), StringComparer.Ordinal).Select(static state => state.Destination.Weight));
    }

    [Fact]
    public async Task What_others_did_to_the_kernel_is_healed_and_what_is_theirs_is_left_alone()
    {
        await Space.IpvsadmAsync("-A -t 192.0.2.9:80 -s sed");
        await Space.IpvsadmAsync("-a -t 192.0.2.9:80 -r 10.9.9.9:80 -m -w 7");
        var theirs = await Space.IpvsadmAsync("-Sn");
        await using var daemon = new Ilbd(Space);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(daemon.ConfigurationPath)!, "node.json"), """{ "format": 1, "auditInterval": "1s" }""", Cancellation);
        await daemon.StartAsync();
        await daemon.Client.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.4:8080") } },
            new CreateRule { Rule = new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" } },
        ], cancellationToken: Cancellation);
        using var events = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var corrected = daemon.Client.GetEventsAsync(null, events.Token).OfType<KernelCorrected>().FirstAsync(events.Token).AsTask();
        var whole = await Space.IpvsadmAsync("-Sn");
        await Space.IpvsadmAsync("-D -t 192.0.2.1:80");
        long started = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(async () => Assert.Equal(Sorted(whole), Sorted(await Space.IpvsadmAsync("-Sn"))));
        TestContext.Current.TestOutputHelper?.WriteLine($"healed after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        Assert.Equal("add service TCP 192.0.2.1:80 (wrr)", (await corrected).Step.ToString());
        await daemon.Client.WaitForDrainAsync(await daemon.Client.DeleteRulesAsync(["web"], cancellationToken: Cancellation), cancellationToken: Cancellation);
        Assert.Equal(Sorted(theirs), Sorted(await Space.IpvsadmAsync("-Sn")));

        static IEnumerable<string> Sorted(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim()).Order(StringComparer.Ordinal);
    }

    private static async Task ChangeAsync(string socket, uint server)
    {
        await using var client = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = socket });
        for (int weight = 2; weight <= 1 + Changes; weight++)
        {
            var result = await client.SetServersAsync(new SetServers { Servers = [new ServerId { ServerGroup = "web", Number = server }], Weight = weight }, cancellationToken: Cancellation);
            Assert.True(result.Converged);
            if (weight % CheckInterval == 0)
                Assert.Equal(weight, (await client.GetConfigurationAsync(Cancellation)).Configuration.ServerGroups[0].Servers[(int)server].Weight);
        }
    }
}
