using System.Net.Sockets;
using System.Text;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class WebProberTests : ProbeTest
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private readonly WebProber _prober;
    private readonly List<string> _requests = [];

    public WebProberTests() => _prober = Use(new WebProber(new ProbeNetwork(), new TlsHandshake(TimeProvider.System)));

    [Theory]
    [InlineData(200, "alive")]
    [InlineData(302, "alive")]
    [InlineData(503, "HTTP 503, wanted 200-399")]
    [InlineData(404, "HTTP 404, wanted 200-399")]
    public async Task The_status_decides(int status, string outcome) => Assert.Equal(outcome, await RunAsync(new HttpTest(), Answer($"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n")));

    [Fact]
    public async Task Several_ranges_of_statuses_may_be_wanted()
    {
        var test = new HttpTest { Status = [new HttpStatusRange(204), new HttpStatusRange(401, 403)] };
        Assert.Equal("alive", await RunAsync(test, Answer("HTTP/1.1 402 Pay\r\n\r\n")));
        Assert.Equal("HTTP 200, wanted 204, 401-403", await RunAsync(test, Answer("HTTP/1.1 200 OK\r\n\r\n")));
    }

    [Fact]
    public async Task The_request_is_as_the_test_says()
    {
        var port = Answer("HTTP/1.1 200 OK\r\n\r\n");
        Assert.Equal("alive", await RunAsync(new HttpTest { Method = "HEAD", Path = "/a/../b?c=%41&d=e", Host = "www.example", Headers = ["X-One: 1", "User-Agent: mine", "Content-Type: text/x"] }, port));
        var lines = _requests[0].Split("\r\n");
        Assert.Equal("HEAD /a/../b?c=%41&d=e HTTP/1.1", lines[0]);
        Assert.Contains("Host: www.example", lines);
        Assert.Contains("X-One: 1", lines);
        Assert.Contains("User-Agent: mine", lines);
        Assert.Contains("Content-Type: text/x", lines);
        Assert.Contains("Connection: close", lines);
        await RunAsync(new HttpTest(), port);
        Assert.Contains($"Host: 127.0.0.1:{port}", _requests[1].Split("\r\n"));
    }

    [Fact]
    public async Task A_body_must_hold_what_is_wanted_also_across_pieces()
    {
        var port = Listen(async client =>
        {
            await ReadRequestAsync(client);
            await client.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nx re\r\n"u8.ToArray(), End);
            await client.SendAsync("5\r\nady y\r\n0\r\n\r\n"u8.ToArray(), End);
        });
        Assert.Equal("alive", await RunAsync(new HttpTest { Body = "ready" }, port));
        Assert.Equal("HTTP 200, but the body has no 'missing'", await RunAsync(new HttpTest { Body = "missing" }, port));
    }

    [Fact]
    public async Task Of_a_huge_body_only_the_beginning_is_read()
    {
        long sent = 0;
        var port = Listen(async client =>
        {
            await ReadRequestAsync(client);
            await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"u8.ToArray(), End);
            var piece = new byte[1 << 16];
            while (true)
                sent += await client.SendAsync(piece, End);
        });
        Assert.Equal("HTTP 200, but the body has no 'x'", await RunAsync(new HttpTest { Body = "x" }, port));
        Assert.Equal("alive", await RunAsync(new HttpTest(), port));
        Assert.InRange(sent, 1, 100_000_000);
    }

    [Fact]
    public async Task A_slow_drip_is_over_when_its_time_is()
    {
        var port = Listen(async client =>
        {
            await ReadRequestAsync(client);
            await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"u8.ToArray(), End);
            while (true)
            {
                await client.SendAsync("x"u8.ToArray(), End);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, End);
            }
        });
        Assert.Equal("timed out after 1 s reading the body", await RunAsync(new HttpTest { Body = "y" }, port, Short));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-")]
    public async Task Half_a_header_times_out(string half) => Assert.Equal("timed out after 1 s waiting for the answer", await RunAsync(
        new HttpTest(),
        Listen(async client =>
        {
            await ReadRequestAsync(client);
            await client.SendAsync(Encoding.ASCII.GetBytes(half), End);
            await ForeverAsync();
        }),
        Short));

    [Theory]
    [InlineData("", "closed the connection waiting for the answer")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-", "closed the connection waiting for the answer")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "answered something that is not HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "answered something that is not HTTP")]
    public async Task What_is_no_answer_says_so(string answer, string reason) => Assert.Equal(reason, await RunAsync(new HttpTest { Body = "x" }, Answer(answer)));

    [Fact]
    public async Task Headers_without_end_are_cut_off()
    {
        var port = Listen(async client =>
        {
            await ReadRequestAsync(client);
            await client.SendAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), End);
            var line = Encoding.ASCII.GetBytes($"X: {new string('x', 1000)}\r\n");
            while (true)
                await client.SendAsync(line, End);
        });
        Assert.Equal("answered with more than 64 KiB of headers", await RunAsync(new HttpTest(), port));
    }

    [Fact]
    public async Task Connections_that_fail_say_why()
    {
        Assert.Equal("connection refused", await RunAsync(new HttpTest(), ClosedPort()));
        var port = Listen(async client =>
        {
            await ReadRequestAsync(client);
            client.LingerState = new LingerOption(true, 0);
        });
        Assert.Equal("connection reset", await RunAsync(new HttpTest(), port));
    }

    [Fact]
    public async Task Redirections_to_the_same_server_are_followed_if_so_wanted()
    {
        var port = Listen(async client =>
        {
            var request = await ReadRequestAsync(client);
            var answer = request.StartsWith("GET /old ", StringComparison.Ordinal) ? "302 Found\r\nLocation: /new?x=1"
                : request.StartsWith("GET /away ", StringComparison.Ordinal) ? "302 Found\r\nLocation: http://elsewhere.example/"
                : request.StartsWith("GET /loop ", StringComparison.Ordinal) ? "302 Found\r\nLocation: /loop"
                : request.StartsWith("GET /new?x=1 ", StringComparison.Ordinal) ? "200 OK" : "500 No";
            await client.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n"), End);
        });
        var ok = new HttpTest { Status = [200] };
        Assert.Equal("alive", await RunAsync(ok with { Path = "/old", Redirect = true }, port));
        Assert.Equal("HTTP 302, wanted 200", await RunAsync(ok with { Path = "/old" }, port));
        Assert.Equal("HTTP 302, wanted 200", await RunAsync(ok with { Path = "/away", Redirect = true }, port));
        Assert.Equal("redirected more than 5 times", await RunAsync(ok with { Path = "/loop", Redirect = true }, port));
    }

    // A host that is named is another one, also without its scheme; what is no place at all leads nowhere.
    [Theory]
    [InlineData("//127.0.0.1:PORT/new?x=1", "alive")]
    [InlineData("new?x=1", "alive")]
    [InlineData("//elsewhere.example/new?x=1", "HTTP 302, wanted 200")]
    [InlineData("https://127.0.0.1:PORT/new?x=1", "HTTP 302, wanted 200")]
    [InlineData("gopher:new", "HTTP 302, wanted 200")]
    [InlineData("http://[", "HTTP 302, wanted 200")]
    public async Task A_redirection_leads_to_no_other_host(string location, string outcome)
    {
        var port = 0;
        port = Listen(async client =>
        {
            var answer = (await ReadRequestAsync(client)).StartsWith("GET /new?x=1 ", StringComparison.Ordinal) ? "200 OK" : $"302 Found\r\nLocation: {location.Replace("PORT", $"{port}", StringComparison.Ordinal)}";
            await client.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n"), End);
        });
        Assert.Equal(outcome, await RunAsync(new HttpTest { Status = [200], Redirect = true }, port));
    }

    [Fact]
    public async Task When_its_time_is_over_its_connection_is_too()
    {
        var closed = new TaskCompletionSource();
        var port = Listen(async client =>
        {
            // Its hello, to which nobody answers, and the end.
            while (await client.ReceiveAsync(new byte[1000], End) > 0)
            {
            }

            closed.SetResult();
        });
        Assert.Equal("timed out after 200 ms in TLS handshake", await RunAsync(new HttpsTest(), port, TimeSpan.FromMilliseconds(200)));
        // By itself the base library would go on for 5 s.
        await closed.Task.WaitAsync(TimeLimit.FromSeconds(3), TimeProvider.System);
    }

    [Fact]
    public async Task Many_probes_at_once_each_have_a_connection_of_their_own()
    {
        var connections = 0;
        var port = Listen(async client =>
        {
            Interlocked.Increment(ref connections);
            await ReadRequestAsync(client);
            await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), End);
        });
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RunAsync(new HttpTest(), port)));
        Assert.All(outcomes, static outcome => Assert.Equal("alive", outcome));
        Assert.Equal(100, connections);
    }

    private async Task<string> RunAsync(WebTest test, int port, TimeSpan? timeout = null) => (await RunAsync(_prober, test, port, timeout)).ToString();

    private int Answer(string answer) => Listen(async client =>
    {
        await ReadRequestAsync(client);
        await client.SendAsync(Encoding.ASCII.GetBytes(answer), End);
    });

    private async Task<string> ReadRequestAsync(Socket client)
    {
        var buffer = new byte[10_000];
        var length = 0;
        while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(length), End);
            if (read == 0)
                break;
            length += read;
        }

        var request = Encoding.ASCII.GetString(buffer, 0, length);
        lock (_requests)
            _requests.Add(request);
        return request;
    }
}
