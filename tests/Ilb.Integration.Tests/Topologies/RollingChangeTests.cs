using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Topologies;

/// <summary>A pool whose servers are changed one after the other, while many clients ask on and on.</summary>
public sealed class RollingChangeTests : IAsyncLifetime
{
    // ILB_FULL=1: two hundred without a pause.
    private static readonly int Clients = FullRun.Count(50, full: 200);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(FullRun.Count(1000, full: 0));

    private static readonly Topology[] Ways = [Topology.HalfNat, Topology.Nat, Topology.Dsr, Topology.Tun];

    private readonly List<NameServer> _servers = [];
    private LabTopology? _lab;

    private LabTopology Lab => _lab ?? throw new InvalidOperationException("not initialised");

    public async ValueTask InitializeAsync()
    {
        _lab = await LabTopology.CreateAsync(Ways.Length);
        _servers.AddRange(new[] { "s1", "s2" }.Select(server => new NameServer(Lab.Space(server), 80, server, TimeSpan.FromMilliseconds(500))));
        // Each server has an address more for each way, which is new to the pool.
        for (int number = 1; number <= 2; number++)
            await Lab.Space($"s{number}").IpBatchAsync([.. Ways.Select((_, place) => $"addr add {Address(number, place)}/24 dev eth0")]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            server.Dispose();
        if (_lab is not null)
            await _lab.DisposeAsync();
    }

    [Fact]
    public async Task No_request_fails_while_servers_leave_and_come_under_other_addresses()
    {
        using var ilbadm = new Ilbadm(Lab.Space("lb"));
        foreach (var (place, topology) in Ways.Index())
        {
            var (name, vip) = ($"pool{place}", Lab.Address($"VIP{place + 1}", 4));
            await ilbadm.RunAsync($"create-servergroup -s server={Lab["SERVER1_4"]},{Lab["SERVER2_4"]} {name}");
            await ilbadm.RunAsync($"create-rule -e -i vip={vip},port=80,interface=eth0 -m type={topology.ToText()}{(topology == Topology.Nat ? $",proxy-src={Lab["LB4"]}" : "")} -o servergroup={name} {name}");

            using var end = new CancellationTokenSource();
            var clients = Enumerable.Range(1, Clients).Select(client => AskAsync(IPAddress.Parse($"10.77.64.{client}"), new IPEndPoint(vip, 80), end.Token)).ToArray();
            for (int number = 1; number <= 2; number++)
            {
                var old = Lab.Address($"SERVER{number}", 4);
                await ilbadm.RunAsync($"disable-server --wait=30 _{name}.{number - 1}");
                Assert.Equal((name, 0), (name, Open(vip, old)));
                await ilbadm.RunAsync($"remove-server -s server=_{name}.{number - 1} {name}");
                await ilbadm.RunAsync($"add-server -s server={Address(number, place)},enabled=no {name}");
                await ilbadm.RunAsync($"enable-server _{name}.{number + 1}");
                // The new one has clients before the next old one leaves.
                var added = Address(number, place);
                await Eventually.HoldsAsync(() =>
                {
                    Assert.NotEqual(0, Open(vip, added));
                    return Task.CompletedTask;
                });
            }

            await end.CancelAsync();
            var answers = await Task.WhenAll(clients);
            Assert.Equal((name, ""), (name, string.Join('\n', answers.Select(static answer => answer.Failure).Where(static failure => failure is not null).Distinct())));
            Assert.All(answers, static answer => Assert.NotEqual(0, answer.Count));
            await ilbadm.RunAsync($"disable-rule --wait=30 {name}");
        }
    }

    private static IPAddress Address(int number, int place) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.77.2.{10 + (place * 2) + number + 10}"));

    // The connections of a server that are neither closed nor closing, in the kernel's list (in hexadecimal):
    // those that open count as inactive in what `ipvsadm -Ln` shows of a server.
    private int Open(IPAddress vip, IPAddress server) =>
        Lab.Space("lb").Run(static () => File.ReadAllLines("/proc/thread-self/net/ip_vs_conn"))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(row => row is [_, _, _, var to, "0050", var by, "0050", "SYN_RECV" or "ESTABLISHED", ..]
                && to == Convert.ToHexString(vip.GetAddressBytes())
                && by == Convert.ToHexString(server.GetAddressBytes()));

    // One request after the other, and why one failed.
    private async Task<(int Count, string? Failure)> AskAsync(IPAddress client, IPEndPoint to, CancellationToken end)
    {
        for (int count = 0; ; count++)
        {
            if (end.IsCancellationRequested)
                return (count, null);
            try
            {
                var answer = await NameServer.AskAsync(Lab.Space("client"), client, to);
                if (answer is not ("s1" or "s2"))
                    return (count, $"the answer is '{answer}'");
                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                return (count, e.Message);
            }
        }
    }
}
