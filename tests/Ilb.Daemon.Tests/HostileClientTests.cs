using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ilb.Daemon.Tests;

/// <summary>Clients that mean harm or are broken: each is answered or cut, and others are served meanwhile.</summary>
public sealed class HostileClientTests
{
    [Theory]
    [InlineData("GET\r\n\r\n", "400", "invalid-argument")]
    [InlineData("\u0001\u0002\u0003\r\n\r\n", "400", "invalid-argument")]
    [InlineData("GET /v1/daemon HTTP/1.1\r\n\r\n", "400", "invalid-argument")]
    [InlineData("GET /v1/daemon HTTP/9.9\r\nHost: a\r\n\r\n", "505", "")]
    [InlineData("GET /v1/daemon HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "400", "invalid-argument")]
    public async Task What_is_no_HTTP_is_told_so_with_a_body(string request, string status, string code)
    {
        await using var daemon = await TestDaemon.StartAsync();
        var answer = await daemon.SendRawAsync(request);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.Contains("{\"errors\":[{\"code\":\"" + code, answer);
        await AssertServed(daemon);
    }

    [Fact]
    public async Task A_header_that_is_too_large_is_refused()
    {
        await using var daemon = await TestDaemon.StartAsync();
        Assert.StartsWith("HTTP/1.1 431 ", await daemon.SendRawAsync($"GET /v1/daemon HTTP/1.1\r\nHost: a\r\nx: {new string('x', 40 << 10)}\r\n\r\n"));
        var answer = await daemon.SendRawAsync($"GET /{new string('x', 20 << 10)} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414 ", answer);
        Assert.Contains("\"limit-exceeded\"", answer);
    }

    [Fact]
    public async Task Half_a_header_is_waited_for_only_so_long()
    {
        await using var daemon = await TestDaemon.StartAsync(static options => options with { HeaderTimeout = TimeSpan.FromSeconds(1) });
        var answer = daemon.SendRawAsync("GET /v1/daemon HTTP/1.1\r\nHost:");
        await AssertServed(daemon);
        Assert.StartsWith("HTTP/1.1 408 ", await answer);
        Assert.Contains("\"timeout\"", await answer);
    }

    [Fact]
    public async Task Half_a_body_is_waited_for_only_so_long()
    {
        await using var daemon = await TestDaemon.StartAsync(static options => options with { RateGrace = TimeSpan.FromSeconds(1.5) });
        var answer = daemon.SendRawAsync("POST /v1/changes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
        await AssertServed(daemon);
        Assert.StartsWith("HTTP/1.1 408 ", await answer);
        Assert.Contains("\"timeout\"", await answer);
    }

    [Theory]
    [InlineData(TestDaemon.Stranger, "/v1/plan", "1 MB")]
    [InlineData(0, "/v1/plan", "64 MB")]
    [InlineData(0, "/v1/configuration", "64 MB")]
    public async Task A_body_that_is_announced_as_too_large_is_refused_before_it_comes(uint user, string path, string limit)
    {
        await using var daemon = await TestDaemon.StartAsync();
        var answer = await daemon.SendRawAsync($"{(path == "/v1/plan" ? "POST" : "PUT")} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n", user);
        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains($"up to {limit}", answer);
    }

    [Fact]
    public async Task A_gigabyte_without_end_is_cut_at_the_limit_without_taking_memory()
    {
        await using var daemon = await TestDaemon.StartAsync();
        using var socket = await daemon.ConnectAsync(TestDaemon.Stranger);
        await socket.SendAsync("POST /v1/plan HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        byte[] chunk = [.. "100000\r\n"u8, .. new byte[1 << 20], .. "\r\n"u8];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var sent = 0;
        var answer = TestDaemon.ReadToEndAsync(socket);
        try
        {
            for (; sent < 1024 && !answer.IsCompleted; sent++)
                await socket.SendAsync(chunk);
        }
        catch (SocketException)
        {
            // Cut.
        }

        Assert.InRange(sent, 1, 100);
        Assert.StartsWith("HTTP/1.1 413 ", await answer);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
        await AssertServed(daemon);
    }

    [Theory]
    [InlineData("{", "", 1)]
    [InlineData("{\"format\":1,\n\"changes\":[],\n\"more\":1}", "more", 3)]
    [InlineData("{\"format\":1,\n\"changes\":[{\"change\":\"delete-rules\",\n\"name\":\"a\"}]}", "changes[0].name", 3)]
    [InlineData("{\"format\":1,\"changes\":[{\"change\":\"explode\"}]}", "", 1)]
    [InlineData("", "", 1)]
    [InlineData("[]", "", 1)]
    public async Task Malformed_JSON_is_refused_with_path_and_line(string json, string path, int line)
    {
        await using var daemon = await TestDaemon.StartAsync();
        var error = await RouteTests.AssertError(await daemon.Client().PostAsync("/v1/changes", TestDaemon.Json(json)), HttpStatusCode.BadRequest, "configuration-damaged", "");
        Assert.Equal(line, error.Line);
        Assert.StartsWith(path, error.Path);
    }

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var nested = "{\"format\":1,\"changes\":" + new string('[', 100_000);
        await RouteTests.AssertError(await daemon.Client().PostAsync("/v1/changes", TestDaemon.Json(nested)), HttpStatusCode.BadRequest, "configuration-damaged", "");
        await RouteTests.AssertError(await daemon.Client().PostAsync("/v1/rules", TestDaemon.Json(new string('[', 100_000))), HttpStatusCode.BadRequest, "configuration-damaged", "");
    }

    [Fact]
    public async Task Another_media_type_or_encoding_is_refused()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await RouteTests.AssertError(await client.PostAsync("/v1/changes", new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded")), HttpStatusCode.UnsupportedMediaType, "invalid-argument", "application/json");
        await RouteTests.AssertError(await client.PostAsync("/v1/changes", null), HttpStatusCode.UnsupportedMediaType, "invalid-argument", "application/json");
        using var zipped = TestDaemon.Json("{}");
        zipped.Headers.ContentEncoding.Add("gzip");
        await RouteTests.AssertError(await client.PostAsync("/v1/changes", zipped), HttpStatusCode.UnsupportedMediaType, "invalid-argument", "encoding");
    }

    [Fact]
    public async Task Unknown_paths_methods_and_parameters_are_refused()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await RouteTests.AssertError(await client.GetAsync("/v2/daemon"), HttpStatusCode.NotFound, "not-found", "/v1/openapi.json");
        await RouteTests.AssertError(await client.GetAsync("/"), HttpStatusCode.NotFound, "not-found", "");
        var answer = await client.DeleteAsync("/v1/state");
        await RouteTests.AssertError(answer, HttpStatusCode.MethodNotAllowed, "invalid-argument", "method");
        Assert.Equal(["GET"], answer.Content.Headers.Allow);
        await RouteTests.AssertError(await client.GetAsync("/v1/state?verbose=1"), HttpStatusCode.BadRequest, "invalid-argument", "'verbose'");
        await RouteTests.AssertError(await client.GetAsync("/v1/events?since=1"), HttpStatusCode.BadRequest, "invalid-argument", "this path has after");
        using var tag = new HttpRequestMessage(HttpMethod.Post, "/v1/changes") { Content = TestDaemon.Json("""{"format":1,"changes":[]}""") };
        tag.Headers.TryAddWithoutValidation("If-Match", "no quotes");
        await RouteTests.AssertError(await client.SendAsync(tag), HttpStatusCode.BadRequest, "invalid-argument", "If-Match");
    }

    [Fact]
    public async Task A_thousand_idle_connections_of_one_user_harm_no_other()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 1000; i++)
                sockets.Add(await daemon.ConnectAsync(TestDaemon.Stranger));
            var answers = await Task.WhenAll(sockets.Skip(64).Select(TestDaemon.ReadToEndAsync));
            Assert.All(answers, static answer => Assert.StartsWith("HTTP/1.1 503 ", answer));
            Assert.All(answers, static answer => Assert.Contains("\"code\":\"limit-exceeded\"", answer));
            await AssertServed(daemon);
            await AssertServed(daemon, TestDaemon.Enabler);
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }

        // And once they are gone, the user is served again.
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await daemon.Client(TestDaemon.Stranger).GetAsync("/v1/daemon", end.Token)).IsSuccessStatusCode)
            end.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task A_peer_with_a_name_that_is_as_long_as_may_be_does_not_end_the_daemon()
    {
        await using var daemon = await TestDaemon.StartAsync();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var name = daemon.Folder.File($"{TestDaemon.Stranger}.");
        socket.Bind(new UnixDomainSocketEndPoint(name + new string('x', 107 - name.Length)));
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(daemon.SocketPath));
        await socket.SendAsync("GET /v1/daemon HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 200 ", await TestDaemon.ReadToEndAsync(socket));
        await AssertServed(daemon);
    }

    [Fact]
    public async Task A_reader_of_events_that_does_not_read_is_cut_and_holds_up_nobody()
    {
        await using var daemon = await TestDaemon.StartAsync(static options => options with { EventTimeout = TimeSpan.FromMilliseconds(200) });
        using var socket = await daemon.ConnectAsync(TestDaemon.Stranger);
        socket.ReceiveBufferSize = 4096;
        await socket.SendAsync("GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        string[] names = [.. Enumerable.Range(0, 20).Select(static i => new string((char)('a' + i), 60))];
        string[] changes =
        [
            string.Join(',', names.Select(static name => $"{{\"change\":\"create-servergroup\",\"serverGroup\":{{\"name\":\"{name}\",\"servers\":[]}}}}")),
            string.Join(',', names.Select(static name => $"{{\"change\":\"delete-servergroup\",\"name\":\"{name}\"}}")),
        ];
        var client = daemon.Client();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        // More than all buffers on the way.
        for (var i = 0; !daemon.Log.Lines.Any(static line => line.Text == "User stranger (pid 1234) asked for events and does not read them: cut"); i++)
            Assert.True((await client.PostAsync("/v1/changes", TestDaemon.Json($"{{\"format\":1,\"changes\":[{changes[i % 2]}]}}"), end.Token)).IsSuccessStatusCode);

        await TestDaemon.ReadToEndAsync(socket);
        await AssertServed(daemon);
    }

    [Fact]
    public async Task The_stop_finishes_what_is_under_way_and_ends_the_streams()
    {
        var daemon = await TestDaemon.StartAsync();
        using var stream = await daemon.Client().GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync());
        using var idle = await daemon.ConnectAsync();
        using var socket = await daemon.ConnectAsync();
        const string Body = """{"format":1,"changes":[]}""";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/changes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {Body.Length}\r\n\r\n"));
        var buffer = new byte[64];
        // It is under way: it asks for the body.
        Assert.StartsWith("HTTP/1.1 100 ", Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer)));
        var stop = daemon.Server.StopAsync();
        await events.ReadToEndAsync();
        Assert.False(stop.IsCompleted);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Body));
        Assert.StartsWith("HTTP/1.1 200 ", await TestDaemon.ReadToEndAsync(socket));
        await stop;
        Assert.False(File.Exists(daemon.SocketPath));
        await daemon.DisposeAsync();
    }

    [Fact]
    public async Task A_socket_that_was_left_behind_is_replaced_and_nothing_else_is()
    {
        using var folder = new Ilb.Testing.TemporaryFolder();
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(folder.File("s")));
            File.Move(folder.File("s"), folder.File("left"));
        }

        File.Move(folder.File("left"), folder.File("s"));
        await using (var daemon = await TestDaemon.StartAsync(options => options with { SocketPath = folder.File("s") }))
        {
            await AssertServed(daemon);
            Assert.Equal(UnixFileMode.OtherWrite, File.GetUnixFileMode(folder.File("s")) & UnixFileMode.OtherWrite);
            var taken = await Assert.ThrowsAsync<IlbException>(() => TestDaemon.StartAsync(options => options with { SocketPath = folder.File("s") }));
            Assert.Contains("belongs to another process", taken.Message);
        }

        await File.WriteAllTextAsync(folder.File("file"), "keep");
        var refused = await Assert.ThrowsAsync<IlbException>(() => TestDaemon.StartAsync(options => options with { SocketPath = folder.File("file") }));
        Assert.Contains("it is no socket", refused.Message);
        Assert.Equal("keep", await File.ReadAllTextAsync(folder.File("file")));
        Assert.Contains("107 bytes", (await Assert.ThrowsAsync<IlbException>(() => TestDaemon.StartAsync(options => options with { SocketPath = folder.File(new string('x', 110)) }))).Message);
    }

    private static async Task AssertServed(TestDaemon daemon, uint user = 0) => Assert.Equal(HttpStatusCode.OK, (await daemon.Client(user).GetAsync("/v1/daemon")).StatusCode);
}
