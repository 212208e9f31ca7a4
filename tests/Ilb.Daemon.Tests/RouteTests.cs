using System.Net;
using System.Text;
using System.Text.Json;
using Ilb.Netlink.Ipvs;

namespace Ilb.Daemon.Tests;

public sealed class RouteTests
{
    private const string Group = """{"name":"web","servers":[{"address":"10.0.0.1","ports":8080}]}""";
    private const string Rule = """{"name":"web","vip":"192.0.2.1","ports":80,"topology":"HALF-NAT","serverGroup":"web"}""";

    [Fact]
    public async Task The_daemon_says_who_it_is_and_what_the_caller_may_do()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var text = await daemon.Client().GetStringAsync("/v1/daemon");
        var description = JsonDocument.Parse(text).RootElement;
        Assert.Equal("ilb", description.GetProperty("instance").GetString());
        Assert.Equal(daemon.Folder.ConfigurationPath, description.GetProperty("configuration").GetString());
        Assert.Equal(Environment.ProcessId, description.GetProperty("process").GetInt32());
        Assert.Equal("change", description.GetProperty("right").GetString());
        Assert.False(JsonDocument.Parse(await daemon.Client(TestDaemon.Stranger).GetStringAsync("/v1/daemon")).RootElement.TryGetProperty("right", out _));
    }

    [Fact]
    public async Task The_configuration_is_its_file_and_has_its_version_as_ETag()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        var answer = await client.GetAsync("/v1/configuration");
        Assert.Equal(await File.ReadAllTextAsync(daemon.Folder.ConfigurationPath), await answer.Content.ReadAsStringAsync());
        var version = (await daemon.Balancer.GetConfigurationAsync()).Version;
        Assert.Equal($"\"{version}\"", answer.Headers.ETag!.Tag);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/v1/configuration") { Headers = { { "If-None-Match", $"\"{version}\"" } } };
        Assert.Equal(HttpStatusCode.NotModified, (await client.SendAsync(again)).StatusCode);
        using var other = new HttpRequestMessage(HttpMethod.Get, "/v1/configuration") { Headers = { { "If-None-Match", "\"other\"" } } };
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(other)).StatusCode);
    }

    [Fact]
    public async Task A_change_of_another_version_than_the_expected_is_refused()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        var version = (await daemon.Balancer.GetConfigurationAsync()).Version;
        using var stale = new HttpRequestMessage(HttpMethod.Post, "/v1/changes") { Content = TestDaemon.Json("""{"format":1,"changes":[{"change":"delete-servergroup","name":"web"}]}"""), Headers = { { "If-Match", "\"0123\"" } } };
        await AssertError(await client.SendAsync(stale), HttpStatusCode.PreconditionFailed, "version-conflict", "read it again");
        using var right = new HttpRequestMessage(HttpMethod.Post, "/v1/changes") { Content = TestDaemon.Json("""{"format":1,"changes":[{"change":"delete-servergroup","name":"web"}]}"""), Headers = { { "If-Match", $"\"{version}\"" } } };
        var answer = await client.SendAsync(right);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var result = AnswerJson.DeserializeApplyResult(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal($"\"{result.Version}\"", answer.Headers.ETag!.Tag);
        Assert.NotEqual(version, result.Version);
    }

    [Fact]
    public async Task The_whole_configuration_can_be_replaced()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var answer = await daemon.Client().PutAsync("/v1/configuration", TestDaemon.Json($$"""{"format":1,"serverGroups":[{{Group}}],"rules":[{{Rule}}]}"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("TCP 192.0.2.1:80 -> 10.0.0.1:8080", daemon.Ipvs.Text);
    }

    [Fact]
    public async Task A_plan_changes_nothing_and_needs_no_right()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var answer = await daemon.Client(TestDaemon.Stranger).PostAsync("/v1/plan", TestDaemon.Json($$"""{"format":1,"changes":[{"change":"create-servergroup","serverGroup":{{Group}}},{"change":"create-rule","rule":{{Rule}}}]}"""));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, AnswerJson.DeserializeApplyResult(await answer.Content.ReadAsByteArrayAsync()).Steps.Count);
        Assert.Equal("", daemon.Ipvs.Text);
        Assert.False(File.Exists(daemon.Folder.ConfigurationPath));
        Assert.Empty(daemon.Log.Audit);
    }

    [Fact]
    public async Task State_and_statistics_are_told()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        await Created(client, "/v1/rules", Rule);
        Assert.Equal(KernelState.Complete, Assert.Single(AnswerJson.DeserializeState(await client.GetByteArrayAsync("/v1/state")).Rules).Kernel);
        Assert.Single(AnswerJson.DeserializeStatistics(await client.GetByteArrayAsync("/v1/statistics")).Rules);
    }

    [Fact]
    public async Task A_diagnosis_is_told_of_the_rules_that_are_named()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client(TestDaemon.Stranger);
        await Created(daemon.Client(), "/v1/servergroups", Group);
        await Created(daemon.Client(), "/v1/rules", Rule);
        foreach (var target in (string[])["/v1/diagnosis", "/v1/diagnosis?rules=web"])
            Assert.All(AnswerJson.DeserializeDiagnosis(await client.GetByteArrayAsync(target)).Findings, static finding => Assert.Equal(["web"], finding.Rules));
        await AssertError(await client.GetAsync("/v1/diagnosis?rules=web,other"), HttpStatusCode.NotFound, "no-such-rule", "rule 'other' does not exist");
        await AssertError(await client.GetAsync("/v1/diagnosis?rule=web"), HttpStatusCode.BadRequest, "invalid-argument", "this path has rules");
        await AssertError(await client.PostAsync("/v1/diagnosis", TestDaemon.Json("{}")), HttpStatusCode.MethodNotAllowed, "invalid-argument", "");
    }

    [Theory]
    [InlineData("rules", "rules", """{"name":"b","vip":"192.0.2.2","ports":80,"topology":"HALF-NAT","serverGroup":"web"}""", "no-such-rule")]
    [InlineData("servergroups", "serverGroups", """{"name":"b","servers":[]}""", "no-such-server-group")]
    public async Task Objects_are_made_listed_and_deleted_by_name(string path, string member, string json, string missing)
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        await Created(client, $"/v1/{path}", json);
        var list = JsonDocument.Parse(await client.GetStringAsync($"/v1/{path}")).RootElement;
        Assert.Equal(1, list.GetProperty("format").GetInt32());
        Assert.Contains(list.GetProperty(member).EnumerateArray(), item => item.GetProperty("name").GetString() == "b");
        Assert.Equal("b", JsonDocument.Parse(await client.GetStringAsync($"/v1/{path}/b")).RootElement.GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.DeleteAsync($"/v1/{path}/b")).StatusCode);
        await AssertError(await client.GetAsync($"/v1/{path}/b"), HttpStatusCode.NotFound, missing, "'b' does not exist");
        await AssertError(await client.DeleteAsync($"/v1/{path}/b"), HttpStatusCode.NotFound, missing, "'b' does not exist");
    }

    [Theory]
    [InlineData("healthchecks", """{"name":"c","test":{"test":"TCP"}}""")]
    [InlineData("failovergroups", """{"name":"f","vrid":7,"interface":"eth0","vips":["192.0.2.9/24"]}""")]
    public async Task What_this_version_does_not_do_is_refused_by_name(string path, string json)
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        var answer = await client.PostAsync($"/v1/{path}", TestDaemon.Json(json));
        Assert.True(answer.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
        await AssertError(await client.GetAsync($"/v1/{path}/c"), HttpStatusCode.NotFound, "not-found", "does not exist");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/v1/{path}")).StatusCode);
    }

    [Theory]
    [InlineData("rules", Rule, HttpStatusCode.Conflict, "already-exists")]
    [InlineData("rules", """{"name":"other","vip":"192.0.2.1","ports":80,"topology":"HALF-NAT","serverGroup":"web"}""", HttpStatusCode.Conflict, "rule-overlaps")]
    [InlineData("failovergroups", """{"name":"site","vrid":51,"interface":"eth0","vips":["192.0.2.3"]}""", HttpStatusCode.UnprocessableEntity, "not-supported")]
    [InlineData("rules", """{"name":"other","vip":"192.0.2.3","ports":80,"topology":"DSR","serverGroup":"none"}""", HttpStatusCode.NotFound, "no-such-server-group")]
    [InlineData("servergroups", """{"name":"-"}""", HttpStatusCode.BadRequest, "invalid-name")]
    public async Task Each_refusal_has_its_status_and_its_code(string path, string json, HttpStatusCode status, string code)
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        await Created(client, "/v1/rules", Rule);
        await AssertError(await client.PostAsync($"/v1/{path}", TestDaemon.Json(json)), status, code, "");
        await AssertError(await client.DeleteAsync("/v1/servergroups/web"), HttpStatusCode.Conflict, "server-group-in-use", "'web'");
    }

    [Fact]
    public async Task An_edited_file_is_taken_by_a_reload_and_refuses_changes_until_then()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        var text = await File.ReadAllTextAsync(daemon.Folder.ConfigurationPath);
        await File.WriteAllTextAsync(daemon.Folder.ConfigurationPath, text.Replace("10.0.0.1", "10.0.0.2", StringComparison.Ordinal));
        await AssertError(await client.PostAsync("/v1/rules", TestDaemon.Json(Rule)), HttpStatusCode.Conflict, "configuration-edited", "reload");
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/v1/reload", null)).StatusCode);
        await Created(client, "/v1/rules", Rule);
        Assert.Contains("10.0.0.2:8080", daemon.Ipvs.Text);

        await File.WriteAllTextAsync(daemon.Folder.ConfigurationPath, "{");
        await AssertError(await client.PostAsync("/v1/reload", null), HttpStatusCode.BadRequest, "configuration-damaged", daemon.Folder.ConfigurationPath);
        Assert.Contains("10.0.0.2:8080", daemon.Ipvs.Text);
    }

    [Fact]
    public async Task Events_come_as_they_happen_and_resume_behind_the_last()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        using var stream = await client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        var started = await ReadEventAsync(reader);
        Assert.Equal("events-started", started.Kind);
        await Created(client, "/v1/servergroups", Group);
        var changed = await ReadEventAsync(reader);
        Assert.Equal("configuration-changed", changed.Kind);
        var happened = Assert.IsType<ConfigurationChanged>(AnswerJson.DeserializeEvent(Encoding.UTF8.GetBytes(changed.Data)));
        Assert.Equal((changed.Id, "create server group 'web' with server '10.0.0.1:8080'"), (happened.Id, Assert.Single(happened.Changes)));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events") { Headers = { { "Last-Event-ID", started.Id } } };
        foreach (var resumed in (HttpResponseMessage[])[await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead), await client.GetAsync($"/v1/events?after={started.Id}", HttpCompletionOption.ResponseHeadersRead)])
        {
            using var again = new StreamReader(await resumed.Content.ReadAsStreamAsync());
            Assert.Equal("events-started", (await ReadEventAsync(again)).Kind);
            Assert.Equal(changed, await ReadEventAsync(again));
            resumed.Dispose();
        }
    }

    [Fact]
    public async Task A_stream_without_news_says_that_it_is_alive()
    {
        await using var daemon = await TestDaemon.StartAsync(static options => options with { Heartbeat = TimeSpan.FromMilliseconds(20) });
        using var reader = new StreamReader(await daemon.Client().GetStreamAsync("/v1/events"));
        await ReadEventAsync(reader);
        Assert.Equal(":", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task A_service_of_others_is_taken_over_if_asked()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await Created(client, "/v1/servergroups", Group);
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
        daemon.Ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = key, Scheduler = "wrr" } });
        daemon.Ipvs.Do(new IpvsOperation.AddDestination { Service = key, Destination = new IpvsDestination { Address = IPAddress.Parse("10.0.0.1"), Port = 8080, Weight = 1, Forwarding = IpvsForwarding.Masquerading } });
        await AssertError(await client.PostAsync("/v1/rules", TestDaemon.Json(Rule)), HttpStatusCode.Conflict, "foreign-service", "");
        await AssertError(await client.PostAsync("/v1/rules?adopt=1", TestDaemon.Json(Rule)), HttpStatusCode.BadRequest, "invalid-argument", "adopt");
        await Created(client, "/v1/rules?adopt=true", Rule);
    }

    [Fact]
    public async Task The_interface_describes_itself()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var paths = JsonDocument.Parse(await daemon.Client().GetStringAsync("/v1/openapi.json")).RootElement.GetProperty("paths");
        var described = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Where(item => item.Name != "parameters").Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(Routes.DaemonRoute.All.Select(route => $"{route.Method} {route.Path}").Order(), described.Order());
    }

    internal static async Task Created(HttpClient client, string path, string json)
    {
        var answer = await client.PostAsync(path, TestDaemon.Json(json));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    internal static async Task<IlbError> AssertError(HttpResponseMessage answer, HttpStatusCode status, string code, string words)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains($"\"code\":\"{code}\"", text);
        var error = AnswerJson.DeserializeErrors(Encoding.UTF8.GetBytes(text))[0];
        Assert.Contains(words, error.Message);
        return error;
    }

    private static async Task<(string Id, string Kind, string Data)> ReadEventAsync(StreamReader reader)
    {
        var fields = new Dictionary<string, string>();
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
            fields.Add(line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        return (fields["id"], fields["event"], fields["data"]);
    }
}
