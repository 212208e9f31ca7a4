using System.Net;
using System.Net.Sockets;
using System.Text;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>The fate of real connections whose server or rule is removed or disabled while the native daemon looks after them.</summary>
public sealed class DrainTests() : TrafficTest(servers: 3)
{
    private const int Plain = 80;
    private const int Timed = 81;
    private const int Passed = 82;
    private const int Sticky = 83;
    private const int Datagrams = 53;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);

    private readonly List<ServerDrained> _drained = [];
    private readonly List<Socket> _open = [];

    [Fact]
    public async Task Old_connections_live_as_long_as_they_may_and_new_ones_go_elsewhere()
    {
        for (var number = 1; number <= Net.Servers.Count; number++)
        {
            Hold(EchoServer.Tcp(Net.Servers[number - 1], TestNetwork.Server(number), 8080, $"s{number} "));
            Hold(EchoServer.Udp(Net.Servers[number - 1], TestNetwork.Server(number), 8080, $"s{number} "));
        }

        await using var daemon = new Ilbd(Net.Balancer);
        await daemon.StartAsync();
        var rule = new Rule { Name = "plain", Vip = TestNetwork.Vip, Ports = Plain, Topology = Topology.HalfNat, ServerGroup = "web" };
        await daemon.Client.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = Enumerable.Range(1, Net.Servers.Count).SelectMany(static number => ServerSpec.Parse($"{TestNetwork.Server(number)}:8080")).ToValueList() } },
            new CreateRule { Rule = rule },
            new CreateRule { Rule = rule with { Name = "timed", Ports = Timed, ConnectionDrain = Time } },
            new CreateRule { Rule = rule with { Name = "passed", Ports = Passed, OnDisable = DisabledTraffic.Pass } },
            new CreateRule { Rule = rule with { Name = "sticky", Ports = Sticky, Persistence = new Persistence() } },
            new CreateRule { Rule = rule with { Name = "datagrams", Ports = Datagrams, Protocol = Protocol.Udp } },
        ], cancellationToken: Cancellation);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var events = CollectAsync(daemon.Client, end.Token);

        await A_removed_server(daemon);
        await A_sticky_client_leaves_a_disabled_server_at_once(daemon);
        await A_datagram_of_the_same_client_goes_elsewhere_at_once(daemon);
        await A_disabled_rule_that_refuses(daemon);
        await A_disabled_rule_that_lets_pass(daemon);
        await A_deleted_rule(daemon);
        await end.CancelAsync();
        await events;
    }

    private async Task A_removed_server(Ilbd daemon)
    {
        var (plain, timed) = (await OpenAllAsync(Plain), await OpenAllAsync(Timed));
        var removed = await daemon.Client.RemoveServersAsync("web", [ServerSelector.Parse("_web.2")], cancellationToken: Cancellation);
        Assert.Equal([("plain", 1L, true), ("timed", 1L, true)], removed.Draining.Select(static server => (server.Rule, server.ActiveConnections, server.IsLeaving)).OrderBy(static server => server.Rule));
        foreach (var port in (int[])[Plain, Timed])
            Assert.Equal(["s1", "s2"], (await NamesAsync(port, 12)).Distinct().Order());
        Assert.Equal("s3 still here", await TalkAsync(plain["s3"], "still here"));
        Assert.Equal("s3 still here", await TalkAsync(timed["s3"], "still here"));

        // Nothing of it is lost with the daemon.
        await daemon.KillAsync();
        await daemon.StartAsync();
        Assert.Equal("s3 and after", await TalkAsync(plain["s3"], "and after"));

        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(_drained, static drained => drained is { Rule: "timed", Connections: 1 } && drained.Server == Id(2));
            return Task.CompletedTask;
        });
        await Eventually.HoldsAsync(async () => Assert.True(await IsEndedAsync(timed["s3"])));
        Assert.Equal("s1 goes on", await TalkAsync(timed["s1"], "goes on"));
        Assert.Equal("s3 goes on", await TalkAsync(plain["s3"], "goes on"));
        Assert.Equal([("plain", Id(2))], (await daemon.Client.GetStateAsync(Cancellation)).Draining.Select(static server => (server.Rule, server.Server)));

        plain["s3"].Dispose();
        Assert.Empty(await daemon.Client.WaitForDrainAsync(removed, cancellationToken: Cancellation));
        Assert.DoesNotContain(TestNetwork.Server(3).ToString(), await IpvsadmAsync(), StringComparison.Ordinal);
        await daemon.Client.AddServersAsync("web", ServerSpec.Parse($"{TestNetwork.Server(3)}:8080"), cancellationToken: Cancellation);
        Assert.Equal(["s1", "s2", "s3"], (await NamesAsync(Plain, 12)).Distinct().Order());
        timed["s1"].Dispose();
        timed["s2"].Dispose();
    }

    private async Task A_sticky_client_leaves_a_disabled_server_at_once(Ilbd daemon)
    {
        using var connection = await OpenAsync(Sticky);
        var name = (await TalkAsync(connection, "?"))[..2];
        Assert.Equal([name], (await NamesAsync(Sticky, 6)).Distinct());
        var id = Id(name switch { "s1" => 0u, "s2" => 1u, _ => 3u });
        var late = Assert.Single(await daemon.Client.DrainAsync([id], TimeSpan.FromSeconds(1), cancellationToken: Cancellation), static server => server.Rule == "sticky");
        Assert.Equal((id, false, 1L), (late.Server, late.IsLeaving, late.ActiveConnections));
        var other = Assert.Single((await NamesAsync(Sticky, 6)).Distinct());
        Assert.NotEqual(name, other);
        Assert.Equal($"{name} goes on", await TalkAsync(connection, "goes on"));
        await daemon.Client.EnableServersAsync([id], cancellationToken: Cancellation);
        Assert.Equal($"{name} goes on", await TalkAsync(connection, "goes on"));
    }

    private async Task A_datagram_of_the_same_client_goes_elsewhere_at_once(Ilbd daemon)
    {
        using var client = Sockets.Open(Net.Client, AddressFamily.InterNetwork, ProtocolType.Udp);
        await client.ConnectAsync(new IPEndPoint(TestNetwork.Vip, Datagrams), Cancellation);
        var name = (await TalkAsync(client, "?"))[..2];
        Assert.Equal(name, (await TalkAsync(client, "?"))[..2]);
        await daemon.Client.DisableServersAsync([Id(name switch { "s1" => 0u, "s2" => 1u, _ => 3u })], cancellationToken: Cancellation);
        // The kernel forgets its entries a moment later.
        await Eventually.HoldsAsync(async () => Assert.NotEqual(name, (await TalkAsync(client, "?"))[..2]));
        await daemon.Client.EnableServersAsync([Id(0), Id(1), Id(3)], cancellationToken: Cancellation);
    }

    private async Task A_disabled_rule_that_refuses(Ilbd daemon)
    {
        using var connection = await OpenAsync(Plain);
        await TalkAsync(connection, "?");
        var disabled = await daemon.Client.DisableRulesAsync(["plain"], cancellationToken: Cancellation);
        // This one, and two of before.
        Assert.Equal(3, disabled.Draining.Sum(static server => server.ActiveConnections));
        Assert.EndsWith(" goes on", await TalkAsync(connection, "goes on"), StringComparison.Ordinal);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => OpenAsync(Plain))).SocketErrorCode);
        await daemon.Client.EnableRulesAsync(["plain"], cancellationToken: Cancellation);
        Assert.Equal(["s1", "s2", "s3"], (await NamesAsync(Plain, 12)).Distinct().Order());
        Assert.EndsWith(" goes on", await TalkAsync(connection, "goes on"), StringComparison.Ordinal);
        foreach (var socket in _open)
            socket.Dispose();
    }

    private async Task A_disabled_rule_that_lets_pass(Ilbd daemon)
    {
        Hold(EchoServer.Tcp(Net.Balancer, TestNetwork.Vip, Passed, "lb "));
        Assert.Equal(["s1", "s2", "s3"], (await NamesAsync(Passed, 12)).Distinct().Order());
        using var connection = await OpenAsync(Passed);
        await TalkAsync(connection, "?");
        await daemon.Client.DisableRulesAsync(["passed"], cancellationToken: Cancellation);
        Assert.Equal(["lb"], (await NamesAsync(Passed, 6)).Distinct());
        Assert.StartsWith("s", await TalkAsync(connection, "goes on"), StringComparison.Ordinal);
        await daemon.Client.EnableRulesAsync(["passed"], cancellationToken: Cancellation);
        Assert.Equal(["s1", "s2", "s3"], (await NamesAsync(Passed, 12)).Distinct().Order());
        Assert.StartsWith("s", await TalkAsync(connection, "goes on"), StringComparison.Ordinal);
    }

    private async Task A_deleted_rule(Ilbd daemon)
    {
        await Eventually.HoldsAsync(async () => Assert.Equal(0, (await daemon.Client.GetStateAsync(Cancellation)).Rules[0].Servers.Sum(static server => server.ActiveConnections)));
        var connection = await OpenAsync(Plain);
        await TalkAsync(connection, "?");
        var deleted = await daemon.Client.ApplyAsync([new DeleteRules { All = true }], cancellationToken: Cancellation);
        var draining = Assert.Single(await daemon.Client.WaitForDrainAsync(deleted, TimeSpan.FromSeconds(5), cancellationToken: Cancellation));
        Assert.Equal(("plain", 1L), (draining.Rule, draining.ActiveConnections));
        Assert.EndsWith(" goes on", await TalkAsync(connection, "goes on"), StringComparison.Ordinal);
        connection.Dispose();
        Assert.Empty(await daemon.Client.WaitForDrainAsync(deleted, cancellationToken: Cancellation));
        Assert.Equal("", await IpvsadmAsync());
        Assert.DoesNotContain("inet ilb", await Command.RunAsync("ip", ["netns", "exec", Net.Balancer.Name, "nft", "list", "ruleset"]), StringComparison.Ordinal);
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private Task<string> IpvsadmAsync() => Command.RunAsync("ip", ["netns", "exec", Net.Balancer.Name, "ipvsadm", "-Sn"]);

    private async Task<Socket> OpenAsync(int port)
    {
        var socket = Sockets.Open(Net.Client, AddressFamily.InterNetwork, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(TestNetwork.Vip, port), Cancellation);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    // One connection to each server.
    private async Task<Dictionary<string, Socket>> OpenAllAsync(int port)
    {
        var all = new Dictionary<string, Socket>();
        while (all.Count < Net.Servers.Count)
        {
            var socket = Hold(await OpenAsync(port));
            _open.Add(socket);
            if (!all.TryAdd((await TalkAsync(socket, "?"))[..2], socket))
                socket.Dispose();
        }

        return all;
    }

    private async Task<List<string>> NamesAsync(int port, int count)
    {
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var socket = await OpenAsync(port);
            names.Add((await TalkAsync(socket, "?"))[..2]);
        }

        return names;
    }

    private static async Task<string> TalkAsync(Socket socket, string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeLimit.FromSeconds(5));
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), limit.Token);
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
    }

    // Whether the other side has reset it, as a client finds out.
    private static async Task<bool> IsEndedAsync(Socket socket)
    {
        try
        {
            return (await TalkAsync(socket, "?")).Length == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return true;
        }
    }

    private async Task CollectAsync(RemoteLoadBalancer balancer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in balancer.GetEventsAsync(cancellationToken: cancellationToken))
            {
                if (happened is ServerDrained drained)
                    _drained.Add(drained);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
