using System.Net;

namespace Ilb.Daemon.Tests;

public sealed class RightTests
{
    private const string Node = """{"format":1,"groups":[{"name":"enablers","right":"enable"},{"name":"changers","right":"change"},{"name":"nobodys","right":"change"}]}""";
    private const string Group = """{"name":"web","servers":[{"address":"10.0.0.1","ports":8080}]}""";
    private const string Disable = """{"format":1,"changes":[{"change":"disable-servers","serverGroup":"web"}]}""";

    [Fact]
    public async Task Everybody_may_look_and_nobody_else_may_change()
    {
        await using var daemon = await TestDaemon.StartAsync(node: Node);
        var stranger = daemon.Client(TestDaemon.Stranger);
        foreach (var path in (string[])["daemon", "configuration", "state", "statistics", "diagnosis", "rules", "servergroups", "healthchecks", "failovergroups", "openapi.json"])
            Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync($"/v1/{path}")).StatusCode);
        (HttpMethod, string, string?)[] forbidden =
        [
            (HttpMethod.Put, "configuration", """{"format":1}"""), (HttpMethod.Post, "changes", Disable), (HttpMethod.Post, "servergroups", Group), (HttpMethod.Delete, "rules/web", null), (HttpMethod.Post, "reload", null),
        ];
        foreach (var (method, path, body) in forbidden)
        {
            using var request = new HttpRequestMessage(method, $"/v1/{path}") { Content = body is null ? null : TestDaemon.Json(body) };
            await RouteTests.AssertError(await stranger.SendAsync(request), HttpStatusCode.Forbidden, "not-authorized", "user 'stranger' may only look");
        }

        Assert.Equal(forbidden.Length, daemon.Log.Audit.Count(line => line.Id == 202 && line.Text.Contains("user stranger (uid 4001, pid 1234)", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Members_of_a_group_may_do_what_node_json_gives_it()
    {
        await using var daemon = await TestDaemon.StartAsync(node: Node);
        await RouteTests.Created(daemon.Client(TestDaemon.Changer), "/v1/servergroups", Group);
        var enabler = daemon.Client(TestDaemon.Enabler);
        Assert.Equal(HttpStatusCode.OK, (await enabler.PostAsync("/v1/changes", TestDaemon.Json(Disable))).StatusCode);
        await RouteTests.AssertError(await enabler.PostAsync("/v1/changes?adopt=true", TestDaemon.Json(Disable)), HttpStatusCode.Forbidden, "not-authorized", "'change'");
        await RouteTests.AssertError(await enabler.DeleteAsync("/v1/servergroups/web"), HttpStatusCode.Forbidden, "not-authorized", "may only look, enable and disable");
        // One change that needs more is enough.
        await RouteTests.AssertError(
            await enabler.PostAsync("/v1/changes", TestDaemon.Json("""{"format":1,"changes":[{"change":"disable-servers","serverGroup":"web"},{"change":"delete-servergroup","name":"web"}]}""")), HttpStatusCode.Forbidden, "not-authorized", "");
        Assert.Contains("\"right\":\"enable\"", await enabler.GetStringAsync("/v1/daemon"));
        Assert.Contains(daemon.Log.Lines, line => line.Id == 103 && line.Text.Contains("nobodys", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verdicts_need_the_right_to_enable_and_leave_a_record()
    {
        const string Dead = """{"format":1,"verdicts":[{"servers":["_web.0"],"verdict":"dead","reason":"disk full","ttl":"5m"}]}""";
        await using var daemon = await TestDaemon.StartAsync(node: Node);
        var changer = daemon.Client(TestDaemon.Changer);
        await RouteTests.Created(changer, "/v1/servergroups", Group);
        await RouteTests.Created(changer, "/v1/rules", """{"name":"web","vip":"192.0.2.1","ports":80,"topology":"HALF-NAT","serverGroup":"web"}""");
        await RouteTests.AssertError(await daemon.Client(TestDaemon.Stranger).PostAsync("/v1/verdicts", TestDaemon.Json(Dead)), HttpStatusCode.Forbidden, "not-authorized", "may only look");
        var enabler = daemon.Client(TestDaemon.Enabler);
        var answer = await enabler.PostAsync("/v1/verdicts", TestDaemon.Json(Dead));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"converged\":true", await answer.Content.ReadAsStringAsync());
        Assert.Contains("\"source\":\"outside\"", await enabler.GetStringAsync("/v1/state"));
        await RouteTests.AssertError(await enabler.PostAsync("/v1/verdicts", TestDaemon.Json(Dead.Replace("_web.0", "_web.9", StringComparison.Ordinal))), HttpStatusCode.NotFound, "no-such-server", "_web.9");
        await RouteTests.AssertError(await enabler.PostAsync("/v1/verdicts", TestDaemon.Json(Dead.Replace("dead", "ill", StringComparison.Ordinal))), HttpStatusCode.BadRequest, "configuration-damaged", "'ill' is not a verdict: it is one of alive, dead, withdrawn");
        await RouteTests.AssertError(await enabler.PostAsync("/v1/verdicts", TestDaemon.Json(Dead.Replace("5m", "0", StringComparison.Ordinal))), HttpStatusCode.BadRequest, "invalid-argument", "ttl");
        await RouteTests.AssertError(await enabler.PostAsync("/v1/verdicts?rule=web", TestDaemon.Json(Dead)), HttpStatusCode.BadRequest, "invalid-argument", "rule");
        await RouteTests.AssertError(await enabler.GetAsync("/v1/verdicts"), HttpStatusCode.MethodNotAllowed, "invalid-argument", "");
        var records = daemon.Log.Audit.Where(static line => line.Text.Contains("verdict", StringComparison.Ordinal)).Select(static line => line.Text.Split(") ")[1]).ToArray();
        Assert.Matches("^did: verdicts: server '_web.0' dead for 300 s: disk full; version [0-9a-f]+$", records[1]);
        Assert.Equal("was refused: verdicts: server '_web.9' dead for 300 s: disk full; server '_web.9' does not exist", records[2]);
    }

    [Fact]
    public async Task A_reload_takes_another_program_of_notify()
    {
        await using var daemon = await TestDaemon.StartAsync(node: """{"format":1,"notify":"/bin/true"}""");
        Assert.Equal("/bin/true", daemon.Balancer.Notify);
        await File.WriteAllTextAsync(daemon.Folder.File("node.json"), """{"format":1,"notify":"bin/true"}""");
        await RouteTests.AssertError(await daemon.Client().PostAsync("/v1/reload", null), HttpStatusCode.BadRequest, "configuration-damaged", "notify");
        await File.WriteAllTextAsync(daemon.Folder.File("node.json"), """{"format":1}""");
        Assert.Equal(HttpStatusCode.OK, (await daemon.Client().PostAsync("/v1/reload", null)).StatusCode);
        Assert.Null(daemon.Balancer.Notify);
    }

    [Fact]
    public async Task The_daemons_own_user_may_do_everything()
    {
        await using var daemon = await TestDaemon.StartAsync();
        await RouteTests.Created(daemon.Client(new TestAccounts().OwnUser), "/v1/servergroups", Group);
    }

    [Fact]
    public async Task A_reload_takes_new_rights_and_a_bad_file_keeps_the_old()
    {
        await using var daemon = await TestDaemon.StartAsync(node: Node);
        var changer = daemon.Client(TestDaemon.Changer);
        await File.WriteAllTextAsync(daemon.Folder.File("node.json"), """{"format":1,"groups":[],"auditInterval":60""");
        await RouteTests.AssertError(await changer.PostAsync("/v1/reload", null), HttpStatusCode.BadRequest, "configuration-damaged", daemon.Folder.File("node.json:1"));
        await File.WriteAllTextAsync(daemon.Folder.File("node.json"), """{"format":1,"sync":{"interface":"eth0"}}""");
        await RouteTests.AssertError(await changer.PostAsync("/v1/reload", null), HttpStatusCode.UnprocessableEntity, "not-supported", "sync");
        Assert.Equal(2, daemon.Log.Audit.Count(line => line.Id == 201 && line.Text.Contains("reload", StringComparison.Ordinal)));
        await RouteTests.Created(changer, "/v1/servergroups", Group);

        await File.WriteAllTextAsync(daemon.Folder.File("node.json"), """{"format":1,"groups":[],"auditInterval":60}""");
        Assert.Equal(HttpStatusCode.OK, (await changer.PostAsync("/v1/reload", null)).StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(1), daemon.Balancer.AuditInterval);
        await RouteTests.AssertError(await changer.DeleteAsync("/v1/servergroups/web"), HttpStatusCode.Forbidden, "not-authorized", "");
    }

    [Fact]
    public async Task Every_change_and_every_refusal_leaves_one_record()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var client = daemon.Client();
        await RouteTests.Created(client, "/v1/servergroups", Group);
        await client.PostAsync("/v1/servergroups", TestDaemon.Json(Group));
        await client.PostAsync("/v1/changes", TestDaemon.Json("{"));
        await client.PostAsync("/v1/reload", null);
        Assert.Collection(
            daemon.Log.Audit,
            line => Assert.Matches("^Audit: user root \\(uid 0, pid 1234\\) did: create server group 'web' with server '10.0.0.1:8080'; version [0-9a-f]+$", line.Text),
            line => Assert.Equal("Audit: user root (uid 0, pid 1234) was refused: create server group 'web' with server '10.0.0.1:8080'; server group 'web' exists already", line.Text),
            line => Assert.StartsWith("Audit: user root (uid 0, pid 1234) was refused: POST /v1/changes; ", line.Text),
            line => Assert.Matches("^Audit: user root \\(uid 0, pid 1234\\) did: reload; version ", line.Text));
    }

    [Fact]
    public async Task A_record_is_one_line_of_bounded_length()
    {
        await using var daemon = await TestDaemon.StartAsync();
        var changes = string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"change":"delete-rules","names":["a\n{{new string('x', 90)}}{{i}}"]}"""));
        await daemon.Client().PostAsync("/v1/changes", TestDaemon.Json($$"""{"format":1,"changes":[{{changes}}]}"""));
        var record = Assert.Single(daemon.Log.Audit).Text;
        Assert.DoesNotContain('\n', record);
        Assert.InRange(record.Length, 100, 2200);
    }

    [Fact]
    public async Task The_kernel_says_who_the_peer_is()
    {
        await using var daemon = await TestDaemon.StartAsync(static options => options with { Peers = new Access.SocketPeers(), Accounts = new Access.SystemAccounts() });
        Assert.Contains("\"right\":\"change\"", await daemon.Client().GetStringAsync("/v1/daemon"));
        await RouteTests.Created(daemon.Client(), "/v1/servergroups", Group);
        Assert.Contains($"pid {Environment.ProcessId})", Assert.Single(daemon.Log.Audit).Text);
    }
}
