using System.Net;
using System.Net.Sockets;
using System.Text;
using Ilb.Netlink;

namespace Ilb.Tests;

public sealed class SocketProberTests : ProbeTest
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private readonly SocketProber _prober;

    public SocketProberTests() => _prober = Use(new SocketProber(new ProbeNetwork()));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_port_that_accepts_is_alive_with_a_round_trip_time(string address)
    {
        var port = Listen(_ => ForeverAsync(), IPAddress.Parse(address));
        var outcome = await RunAsync(_prober, new TcpTest(), port, address: IPAddress.Parse(address));
        Assert.True(outcome.IsAlive, outcome.ToString());
        Assert.InRange(outcome.Event.RoundTrip!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_closed_port_says_connection_refused() =>
        Assert.Equal("connection refused", (await RunAsync(_prober, new TcpTest(), ClosedPort())).ToString());

    [Fact]
    public async Task A_port_that_is_silent_times_out_connecting()
    {
        var port = FullBacklog();
        Assert.Equal("timed out after 500 ms connecting", (await RunAsync(_prober, new TcpTest(), port, Short)).ToString());
    }

    [Fact]
    public async Task An_address_without_a_route_is_unreachable()
    {
        // Class E, that nobody routes.
        var outcome = await RunAsync(_prober, new TcpTest(), 80, Short, IPAddress.Parse("2001:db8::1"));
        Assert.Contains(outcome.ToString(), (string[])["network unreachable", "host unreachable", "timed out after 500 ms connecting", "not run: connecting: cannot assign requested address"]);
    }

    [Fact]
    public async Task An_answer_that_begins_as_wanted_is_alive_in_whatever_pieces_it_comes()
    {
        var port = Listen(async client =>
        {
            var asked = new byte[5];
            await client.ReceiveAsync(asked, End);
            foreach (var piece in Encoding.UTF8.GetString(asked) == "PING\n" ? (string[])["+P", "O", "NG\r\nmore"] : ["?"])
            {
                await client.SendAsync(Encoding.UTF8.GetBytes(piece), End);
                await Task.Yield();
            }

            await ForeverAsync();
        });
        Assert.Equal("alive", (await RunAsync(_prober, new TcpTest { Send = "PING\n", Expect = "+PONG" }, port)).ToString());
    }

    [Fact]
    public async Task A_banner_is_awaited_without_a_request()
    {
        var port = Listen(async client =>
        {
            await client.SendAsync("SSH-2.0-x\r\n"u8.ToArray(), End);
            await ForeverAsync();
        });
        Assert.Equal("alive", (await RunAsync(_prober, new TcpTest { Expect = "SSH-" }, port)).ToString());
        Assert.Equal("answered 'SSH-2.0-x\\r\\n', wanted '220'", (await RunAsync(_prober, new TcpTest { Expect = "220" }, port)).ToString());
    }

    [Fact]
    public async Task What_is_sent_without_an_answer_wanted_is_enough()
    {
        var port = Listen(_ => ForeverAsync());
        Assert.Equal("alive", (await RunAsync(_prober, new TcpTest { Send = new string('x', 100_000) }, port)).ToString());
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing_times_out_waiting()
    {
        var port = Listen(_ => ForeverAsync());
        Assert.Equal("timed out after 500 ms waiting for the answer", (await RunAsync(_prober, new TcpTest { Send = "x", Expect = "y" }, port, Short)).ToString());
    }

    [Theory]
    [InlineData("", "closed the connection without an answer")]
    [InlineData("PO", "closed the connection after 'PO', wanted 'PONG'")]
    public async Task A_server_that_closes_too_early_says_so(string answer, string reason)
    {
        var port = Listen(async client =>
        {
            await client.ReceiveAsync(new byte[10], End);
            await client.SendAsync(Encoding.UTF8.GetBytes(answer), End);
        });
        Assert.Equal(reason, (await RunAsync(_prober, new TcpTest { Send = "PING", Expect = "PONG" }, port)).ToString());
    }

    [Fact]
    public async Task A_server_that_resets_says_so()
    {
        var port = Listen(async client =>
        {
            await client.ReceiveAsync(new byte[10], End);
            client.LingerState = new LingerOption(true, 0);
        });
        Assert.Equal("connection reset", (await RunAsync(_prober, new TcpTest { Send = "PING", Expect = "PONG" }, port)).ToString());
    }

    [Fact]
    public async Task An_open_port_of_UDP_need_not_answer_and_a_closed_one_says_so()
    {
        using var server = Datagrams(_ => null);
        Assert.Equal("alive", (await RunAsync(_prober, new UdpTest(), PortOf(server), Short)).ToString());
        Assert.Equal("port unreachable", (await RunAsync(_prober, new UdpTest(), ClosedPort(ProtocolType.Udp))).ToString());
    }

    [Fact]
    public async Task An_answer_by_UDP_is_compared()
    {
        using var server = Datagrams(static asked => asked == "ping" ? "pong!" : "what?");
        Assert.Equal("alive", (await RunAsync(_prober, new UdpTest { Send = "ping", Expect = "pong" }, PortOf(server))).ToString());
        Assert.Equal("answered 'what?', wanted 'pong'", (await RunAsync(_prober, new UdpTest { Send = "x", Expect = "pong" }, PortOf(server))).ToString());
        using var silent = Datagrams(_ => null);
        Assert.Equal("timed out after 500 ms waiting for the answer", (await RunAsync(_prober, new UdpTest { Send = "x", Expect = "y" }, PortOf(silent), Short)).ToString());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_that_answers_to_ping_is_alive(string address)
    {
        var outcome = await RunAsync(_prober, new PingTest(), 0, address: IPAddress.Parse(address));
        Assert.SkipWhen(outcome.ToString().Contains("CAP_NET_RAW", StringComparison.Ordinal), "no right to ping here");
        Assert.True(outcome.IsAlive, outcome.ToString());
        Assert.NotNull(outcome.Event.RoundTrip);
    }

    [Fact]
    public async Task Many_pings_at_the_same_time_each_get_their_own_answer()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 200).Select(number => RunAsync(_prober, new PingTest(), 0, address: new IPAddress([127, 0, 1, (byte)number]))));
        Assert.SkipWhen(outcomes[0].ToString().Contains("CAP_NET_RAW", StringComparison.Ordinal), "no right to ping here");
        Assert.All(outcomes, static outcome => Assert.True(outcome.IsAlive, outcome.ToString()));
    }

    [Fact]
    public async Task A_kernel_without_SCTP_says_so_and_one_with_it_connects()
    {
        var outcome = await RunAsync(_prober, new SctpTest(), ClosedPort());
        Assert.Contains(outcome.ToString(), (string[])["not run: this kernel has no SCTP", "connection refused"]);
    }

    [Fact]
    public async Task A_source_address_is_used_and_one_that_is_not_ours_says_nothing_of_the_server()
    {
        EndPoint? from = null;
        var port = Listen(client =>
        {
            from = client.RemoteEndPoint;
            return ForeverAsync();
        });
        using var prober = new SocketProber(new ProbeNetwork([IPAddress.Parse("127.0.0.9")]));
        await RunAsync(prober, new TcpTest { Send = "x" }, port);
        Assert.True(SpinWait.SpinUntil(() => from is not null, TimeSpan.FromSeconds(20)));
        Assert.Equal("127.0.0.9", ((IPEndPoint)from!).Address.ToString());
        using var stranger = new SocketProber(new ProbeNetwork([IPAddress.Parse("192.0.2.77")]));
        Assert.Equal("not run: the source address 192.0.2.77 is not an address of this machine", (await RunAsync(stranger, new TcpTest(), port)).ToString());
    }

    [Fact]
    public async Task No_more_than_the_bound_is_under_way()
    {
        int open = 0, most = 0;
        var full = new TaskCompletionSource();
        var port = Listen(async client =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref open));
            if (Volatile.Read(ref open) == 16)
                full.TrySetResult();
            await client.ReceiveAsync(new byte[4], End);
            await full.Task;
            Interlocked.Decrement(ref open);
            await client.SendAsync("PONG"u8.ToArray(), End);
        });
        using var prober = new SocketProber(new ProbeNetwork(), maximumInFlight: 16);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => RunAsync(prober, new TcpTest { Send = "PING", Expect = "PONG" }, port)));
        Assert.All(outcomes, static outcome => Assert.True(outcome.IsAlive));
        Assert.Equal(16, most);
    }

    [Fact]
    public async Task No_port_of_this_machine_is_kept_after_a_probe()
    {
        var port = Listen(_ => ForeverAsync());
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RunAsync(_prober, new TcpTest { Send = "x" }, port))), static outcome => Assert.True(outcome.IsAlive));
        // In whatever state: TIME_WAIT is the one that stays.
        var kept = (await File.ReadAllLinesAsync("/proc/net/tcp", End)).Count(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2].EndsWith($":{port:X4}", StringComparison.Ordinal));
        Assert.Equal(0, kept);
    }

    [Fact]
    public async Task Ten_thousand_probes_at_once_all_end()
    {
        var port = Listen(_ => Task.CompletedTask);
        using var prober = new SocketProber(new ProbeNetwork(), maximumInFlight: 64);
        var closed = ClosedPort();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => RunAsync(prober, new TcpTest(), i % 4 == 0 ? closed : port)));
        Assert.Equal(2_500, outcomes.Count(static outcome => outcome.ToString() == "connection refused"));
        // The server closes at once: then it may be a reset, depending on who is faster.
        Assert.All(outcomes, static outcome => Assert.Contains(outcome.ToString(), (string[])["alive", "connection refused", "connection reset"]));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        while (Volatile.Read(ref most) is var before && value > before)
            Interlocked.CompareExchange(ref most, value, before);
    }

    [Fact]
    public async Task Silent_servers_do_not_hold_up_others()
    {
        var port = Listen(_ => ForeverAsync());
        var silent = FullBacklog();
        var waiting = Enumerable.Range(0, 100).Select(_ => RunAsync(_prober, new TcpTest(), silent, TimeSpan.FromSeconds(20))).ToArray();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RunAsync(_prober, new TcpTest(), port, TimeSpan.FromSeconds(20))));
        Assert.All(outcomes, static outcome => Assert.True(outcome.IsAlive));
        Assert.All(waiting, static one => Assert.False(one.IsCompleted));
    }

    [Fact]
    public async Task Probes_leave_from_the_namespace_that_is_named()
    {
        using var space = TemporaryNamespace.TryMake();
        Assert.SkipWhen(space is null, "no right to make a namespace here");
        var port = Listen(_ => ForeverAsync());
        using var prober = new SocketProber(new ProbeNetwork(networkNamespace: space.Path));
        // Its loopback is down.
        Assert.Equal("network unreachable", (await RunAsync(prober, new TcpTest(), port)).ToString());
    }

    // A network on which 10.9.9.2 answers to nobody, and from which marked packets may not leave.
    private const string LonelyNetwork = """
        ip link set lo up
        ip link add d0 type veth peer name d1
        ip link set d0 up
        ip link set d1 up
        ip addr add 10.9.9.1/24 dev d0
        ip rule add fwmark 77 prohibit
        echo 1 >/proc/sys/net/ipv4/neigh/d0/mcast_solicit
        echo 100 >/proc/sys/net/ipv4/neigh/d0/retrans_time_ms
        """;

    [Fact]
    public async Task A_host_that_is_gone_is_unreachable_by_whatever_probe()
    {
        using var space = TemporaryNamespace.TryMake(LonelyNetwork);
        Assert.SkipWhen(space is null, "no right to make a namespace here");
        using var network = new ProbeNetwork(networkNamespace: space.Path);
        using var prober = new SocketProber(network);
        using var web = new WebProber(network, new TlsHandshake(TimeProvider.System));
        var gone = IPAddress.Parse("10.9.9.2");
        Assert.Equal("host unreachable", (await RunAsync(prober, new TcpTest(), 80, address: gone)).ToString());
        Assert.Equal("host unreachable", (await RunAsync(prober, new PingTest(), 0, address: gone)).ToString());
        Assert.Equal("host unreachable", (await RunAsync(web, new HttpTest(), 80, address: gone)).ToString());
        // Which says nothing of others.
        Assert.Equal("alive", (await RunAsync(prober, new PingTest(), 0, address: IPAddress.Parse("10.9.9.1"))).ToString());
    }

    [Fact]
    public async Task A_mark_is_on_what_a_test_sends_and_not_on_a_ping()
    {
        using var space = TemporaryNamespace.TryMake(LonelyNetwork);
        Assert.SkipWhen(space is null, "no right to make a namespace here");
        using var network = new ProbeNetwork(networkNamespace: space.Path);
        using var prober = new SocketProber(network);
        using var web = new WebProber(network, new TlsHandshake(TimeProvider.System));
        var target = new ProbeTarget { Server = IPAddress.Parse("10.9.9.1"), Vip = IPAddress.Parse("10.9.9.2"), Mark = 77, Topology = Topology.Dsr };
        Assert.Equal("not permitted by this machine's firewall", (await RunAsync(prober, new Probe(new TcpTest(), target, 80, TimeSpan.FromSeconds(10)))).ToString());
        Assert.Equal("not permitted by this machine's firewall", (await RunAsync(web, new Probe(new HttpTest(), target, 80, TimeSpan.FromSeconds(10)))).ToString());
        Assert.Equal("alive", (await RunAsync(prober, new Probe(new PingTest(), target, 0, TimeSpan.FromSeconds(10)))).ToString());
    }

    [Fact]
    public void A_namespace_that_is_not_there_is_named() =>
        Assert.Contains("/run/netns/nowhere", Assert.Throws<NetlinkException>(() => new SocketProber(new ProbeNetwork(networkNamespace: "/run/netns/nowhere"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_prober_that_stops_lets_go_of_what_is_under_way()
    {
        var silent = FullBacklog();
        var prober = new SocketProber(new ProbeNetwork());
        var waiting = RunAsync(prober, new TcpTest(), silent, TimeSpan.FromMinutes(1));
        prober.Dispose();
        Assert.False(waiting.IsCompleted);
        prober.Dispose();
    }

    // Connections that nobody accepts: when there are enough, the kernel does not answer more.
    private int FullBacklog()
    {
        var listener = Use(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        for (var i = 0; i < 2; i++)
        {
            var filler = Use(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
            try
            {
                filler.Connect(listener.LocalEndPoint!);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It goes on by itself.
            }
        }

        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private Socket Datagrams(Func<string, string?> answer)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _ = ServeAsync();
        return socket;

        async Task ServeAsync()
        {
            var buffer = new byte[1000];
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), End);
                if (answer(Encoding.UTF8.GetString(buffer, 0, received.ReceivedBytes)) is { } text)
                    await socket.SendToAsync(Encoding.UTF8.GetBytes(text), received.RemoteEndPoint, End);
            }
        }
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
