using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;
using Ilb.Netlink.Ipvs;

namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>The command against a real kernel, with real traffic; ipvsadm says what the kernel holds.</summary>
public sealed class RuleTests() : TrafficTest(servers: 2)
{
    private static readonly string Server4 = $"{TestNetwork.Server(1)}:8080,{TestNetwork.Server(2)}:8080";
    private static readonly string Server6 = $"[{TestNetwork.Server6(1)}]:8080,[{TestNetwork.Server6(2)}]:8080";

    [Fact]
    public async Task A_rule_forwards_to_each_server_and_is_gone_when_deleted()
    {
        using var ilbadm = new Ilbadm(Net.Balancer);
        for (int number = 1; number <= 2; number++)
        {
            foreach (var address in (IPAddress[])[TestNetwork.Server(number), TestNetwork.Server6(number)])
            {
                Hold(EchoServer.Tcp(Net.Servers[number - 1], address, 8080));
                Hold(EchoServer.Udp(Net.Servers[number - 1], address, 8080));
            }

            var listener = Hold(Sockets.OpenSctp(Net.Servers[number - 1]));
            listener.Bind(new IPEndPoint(TestNetwork.Server(number), 8080));
            listener.Listen();
        }

        await ilbadm.RunAsync($"create-servergroup -s server={Server4} web");
        await ilbadm.RunAsync($"create-servergroup -s server={Server6} web6");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip},port=80 -m lbalg=roundrobin,type=HALF-NAT -o servergroup=web tcp");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip6},port=80 -m lbalg=roundrobin,type=HALF-NAT -o servergroup=web6 tcp6");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip},port=53,protocol=UDP -m lbalg=roundrobin,type=HALF-NAT -o servergroup=web udp");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip6},port=53,protocol=UDP -m lbalg=roundrobin,type=HALF-NAT -o servergroup=web6 udp6");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip},port=99,protocol=SCTP -m lbalg=roundrobin,type=HALF-NAT -o servergroup=web sctp");

        Assert.Equal(
            ["tcp E roundrobin HALF-NAT TCP 10.0.0.100 80", "tcp6 E roundrobin HALF-NAT TCP fd00::100 80", "udp E roundrobin HALF-NAT UDP 10.0.0.100 53",
                "udp6 E roundrobin HALF-NAT UDP fd00::100 53", "sctp E roundrobin HALF-NAT SCTP 10.0.0.100 99"],
            (await ilbadm.TableAsync("show-rule")).Select(row => string.Join(' ', row)));
        string[] expected =
        [
            "-A -t 10.0.0.100:80 -s wrr", "-a -t 10.0.0.100:80 -r 10.1.1.2:8080 -m -w 1", "-a -t 10.0.0.100:80 -r 10.1.2.2:8080 -m -w 1",
            "-A -t [fd00::100]:80 -s wrr", "-a -t [fd00::100]:80 -r [fd00:1:1::2]:8080 -m -w 1", "-a -t [fd00::100]:80 -r [fd00:1:2::2]:8080 -m -w 1",
            "-A -u 10.0.0.100:53 -s wrr", "-a -u 10.0.0.100:53 -r 10.1.1.2:8080 -m -w 1", "-a -u 10.0.0.100:53 -r 10.1.2.2:8080 -m -w 1",
            "-A -u [fd00::100]:53 -s wrr", "-a -u [fd00::100]:53 -r [fd00:1:1::2]:8080 -m -w 1", "-a -u [fd00::100]:53 -r [fd00:1:2::2]:8080 -m -w 1",
            "-A --sctp-service 10.0.0.100:99 -s wrr", "-a --sctp-service 10.0.0.100:99 -r 10.1.1.2:8080 -m -w 1", "-a --sctp-service 10.0.0.100:99 -r 10.1.2.2:8080 -m -w 1",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), await SavedAsync());

        var connections = new List<Socket>();
        foreach (var (key, protocol) in new[]
        {
            (Vip(IpvsProtocol.Tcp, 80), ProtocolType.Tcp), (Vip(IpvsProtocol.Tcp, 80, six: true), ProtocolType.Tcp),
            (Vip(IpvsProtocol.Udp, 53), ProtocolType.Udp), (Vip(IpvsProtocol.Udp, 53, six: true), ProtocolType.Udp),
        })
        {
            for (int i = 0; i < 4; i++)
                connections.Add(await Sockets.ConnectAsync(Net.Client, Endpoint(key), protocol));
        }

        var association = Sockets.OpenSctp(Net.Client);
        connections.Add(association);
        await association.ConnectAsync(Endpoint(Vip(IpvsProtocol.Sctp, 99)), Cancellation);

        var used = new Dictionary<string, int>();
        await foreach (var connection in Ipvs.GetConnectionsAsync(Cancellation))
            used[$"{connection.Protocol} {connection.DestinationAddress}"] = used.GetValueOrDefault($"{connection.Protocol} {connection.DestinationAddress}") + 1;
        Assert.All((string[])["TCP 10.1.1.2", "TCP 10.1.2.2", "TCP fd00:1:1::2", "TCP fd00:1:2::2", "UDP 10.1.1.2", "UDP 10.1.2.2", "UDP fd00:1:1::2", "UDP fd00:1:2::2"],
            server => Assert.Equal(2, used.GetValueOrDefault(server)));

        connections.ForEach(static connection => connection.Dispose());
        await ilbadm.RunAsync("delete-rule --wait=30 tcp tcp6 udp udp6 sctp");
        Assert.Empty(await SavedAsync());
        await ilbadm.RunAsync("delete-servergroup web web6");
        Assert.Empty(await ilbadm.TableAsync("show-servergroup"));
    }

    [Fact]
    public async Task A_disabled_rule_is_not_in_the_kernel_and_a_disabled_server_has_no_weight()
    {
        using var ilbadm = new Ilbadm(Net.Balancer);
        await ilbadm.RunAsync($"create-servergroup -s server={Server4} web");
        await ilbadm.RunAsync($"create-rule -i vip={TestNetwork.Vip},port=80 -m type=HALF-NAT -o servergroup=web web");
        Assert.Empty(await SavedAsync());
        await ilbadm.RunAsync("enable-rule web");
        await ilbadm.RunAsync("disable-server _web.0");
        Assert.Equal(["-A -t 10.0.0.100:80 -s wrr", "-a -t 10.0.0.100:80 -r 10.1.1.2:8080 -m -w 0", "-a -t 10.0.0.100:80 -r 10.1.2.2:8080 -m -w 1"], await SavedAsync());
        Assert.Equal(["D", "E"], (await ilbadm.TableAsync("show-server")).Select(row => row[4]));
        await ilbadm.RunAsync("enable-server _web.0");
        await ilbadm.RunAsync("remove-server -s server=_web.1 web");
        Assert.Equal(["-A -t 10.0.0.100:80 -s wrr", "-a -t 10.0.0.100:80 -r 10.1.1.2:8080 -m -w 1"], await SavedAsync());
        await ilbadm.RunAsync("disable-rule web");
        Assert.Empty(await SavedAsync());
    }

    [Fact]
    public async Task Services_of_others_stay_as_they_are_and_a_clash_with_one_is_refused_by_name()
    {
        using var ilbadm = new Ilbadm(Net.Balancer);
        string[] foreign = ["-A -t 10.0.0.100:81 -s sh", "-a -t 10.0.0.100:81 -r 10.1.1.2:9999 -g -w 5", "-A -f 7 -s lc"];
        await Net.Balancer.IpvsadmAsync("-R", "-A -t 10.0.0.100:81 -s sh\n-a -t 10.0.0.100:81 -r 10.1.1.2:9999 -g -w 5\n-A -f 7 -s lc\n");
        // ipvsadm gives a destination by direct routing the service's port.
        foreign[1] = "-a -t 10.0.0.100:81 -r 10.1.1.2:81 -g -w 5";
        Assert.Equal(foreign.Order(StringComparer.Ordinal), await SavedAsync());

        await ilbadm.RunAsync($"create-servergroup -s server={Server4} web");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip},port=80 -m type=HALF-NAT -o servergroup=web web");
        string before = await File.ReadAllTextAsync(ilbadm.ConfigurationPath, Cancellation);
        var refused = await ilbadm.TryRunAsync($"create-rule -e -i vip={TestNetwork.Vip},port=81 -m type=HALF-NAT -o servergroup=web other");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("TCP 10.0.0.100:81", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(ilbadm.ConfigurationPath, Cancellation));

        await ilbadm.RunAsync("delete-rule -a");
        Assert.Equal(foreign.Order(StringComparer.Ordinal), await SavedAsync());
    }

    [Fact]
    public async Task The_next_command_heals_what_somebody_flushed()
    {
        using var ilbadm = new Ilbadm(Net.Balancer);
        await ilbadm.RunAsync($"create-servergroup -s server={Server4} web");
        await ilbadm.RunAsync($"create-rule -e -i vip={TestNetwork.Vip},port=80 -m type=HALF-NAT -o servergroup=web web");
        var whole = await SavedAsync();
        Assert.Equal(3, whole.Length);
        await Net.Balancer.IpvsadmAsync("-C");
        await ilbadm.RunAsync("enable-rule web");
        Assert.Equal(whole, await SavedAsync());
    }

    private async Task<string[]> SavedAsync() =>
        [.. (await Net.Balancer.IpvsadmAsync("-Sn")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()).Order(StringComparer.Ordinal)];
}
