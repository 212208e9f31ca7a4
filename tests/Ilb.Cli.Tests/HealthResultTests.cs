using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Cli.Tests;

/// <summary>What the health checks found, for a person and for programs.</summary>
public sealed class HealthResultTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 23, 30, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly Console _console;
    private readonly RecordingBalancer _balancer;

    public HealthResultTests()
    {
        var group = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.4:8080") }.WithNumbers();
        var rule = new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web", Health = new RuleHealth { Check = "http" } };
        _balancer = new RecordingBalancer(new Configuration
        {
            HealthChecks = [new HealthCheck { Name = "http", Test = new HttpTest() }],
            ServerGroups = [group],
            Rules = [rule, rule with { Name = "plain", Ports = 81, Health = null }],
        })
        {
            State = StateOf(
                new HealthResult { Status = ServerHealth.Alive, Last = Now.AddSeconds(-12), Next = Now.AddSeconds(9), RoundTrip = TimeSpan.FromMicroseconds(1250) },
                new HealthResult { Status = ServerHealth.Dead, Failures = 3, Last = Now.AddDays(-1), Next = Now.AddHours(1), RoundTrip = TimeSpan.FromMicroseconds(85), Reason = "HTTP 503, wanted 200-399" },
                new HealthResult { Status = ServerHealth.Unknown },
                new HealthResult { Status = ServerHealth.Disabled }),
        };
        _console = new Console { Balancer = _balancer, Clock = _clock };
    }

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Each_server_of_a_rule_with_a_check_has_a_line()
    {
        var table = await _console.ShowAsync("show-hc-result");
        Assert.Equal(
            """
            RULENAME HCNAME SERVERID STATUS   FAIL LAST                NEXT                RTT
            web      http   _web.0   alive    0    23:29:48            23:30:09            1.25ms
            web      http   _web.1   dead     3    2026-02-28T23:30:00 2026-03-02T00:30:00 85us
            web      http   _web.2   un-init  0    --                  --                  --
            web      http   _web.3   disabled 0    --                  --                  --

            """,
            table);
        Assert.Equal(table, await _console.ShowAsync("SHOW-HC-RES web"));
        Assert.Equal("_web.1:dead:HTTP 503, wanted 200-399", (await _console.ShowAsync("show-hc-result -p -o serverid,status,reason web")).Split('\n')[1]);
        Assert.Contains("REASON", await _console.ShowAsync("show-hc-result -o all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Times_are_those_of_the_own_time_zone()
    {
        _clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("ahead", TimeSpan.FromHours(2), "ahead", "ahead"));
        Assert.Equal(["01:29:48:01:30:09", "2026-03-01T01:30:00:02:30:00"], (await _console.ShowAsync("show-hc-result -p -o last,next")).Split('\n').Take(2).Select(static line => line.Replace("\\", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task As_JSON_times_are_exact_and_what_is_not_known_is_left_out()
    {
        using var document = JsonDocument.Parse(await _console.ShowAsync("show-hc-result --json web"));
        Assert.True(document.RootElement.GetProperty("isChecked").GetBoolean());
        var results = document.RootElement.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(
            """{"rule":"web","healthCheck":"http","server":"_web.1","status":"dead","failures":3,"last":"2026-02-28T23:30:00+00:00","next":"2026-03-02T00:30:00+00:00","roundTrip":0.000085,"reason":"HTTP 503, wanted 200-399"}""",
            JsonSerializer.Serialize(results[1], JsonSerializerOptions.Web).Replace("\\u002B", "+", StringComparison.Ordinal));
        Assert.Equal(5, results[2].EnumerateObject().Count());
    }

    [Fact]
    public void A_round_trip_below_a_millisecond_survives_the_daemon()
    {
        var read = AnswerJson.DeserializeState(AnswerJson.Serialize(_balancer.State!));
        Assert.Equal(_balancer.State!.Rules[0].Servers.Select(static server => server.Health), read.Rules[0].Servers.Select(static server => server.Health));
    }

    [Fact]
    public async Task Where_nobody_checks_it_is_said_that_this_was_found_last()
    {
        var shown = await _console.ShowAsync("show-hc-result");
        _balancer.State = _balancer.State! with { IsChecked = false };
        Assert.Equal((0, shown, "ilbadm: no checker runs (see ilbd): what is shown is what was found last\n"), await _console.RunAsync("show-hc-result"));
    }

    [Fact]
    public async Task A_rule_without_a_check_or_that_does_not_exist_is_told_by_name()
    {
        Assert.Equal((1, "", "ilbadm: rule 'plain' has no health check, and nobody else says anything of its servers\n"), await _console.RunAsync("show-hc-result", "web", "plain"));
        Assert.Equal((1, "", "ilbadm: rule 'wbe' does not exist (did you mean 'web'?)\n"), await _console.RunAsync("show-hc-result", "wbe"));
        Assert.Equal((1, "", "ilbadm: -p needs -o with the columns\n"), await _console.RunAsync("show-hc-result", "-p"));
    }

    [Fact]
    public async Task What_others_say_is_shown_with_who_says_it_and_until_when_also_of_a_rule_without_a_check()
    {
        var word = new HealthResult { Status = ServerHealth.Dead, Source = VerdictSource.Outside, Last = Now.AddSeconds(-12), Until = Now.AddMinutes(5), Reason = "disk full" };
        var state = StateOf(new HealthResult { Status = ServerHealth.Alive }, new HealthResult { Status = ServerHealth.Dead, Source = VerdictSource.Passive, Reason = "no answer to 12 connections in 10 s" });
        _balancer.State = state with { Rules = [.. state.Rules, state.Rules[0] with { Rule = "plain", Servers = [state.Rules[0].Servers[1] with { Health = word }, state.Rules[0].Servers[0] with { Health = null }] }] };
        Assert.Equal(
            """
            RULENAME HCNAME SERVERID STATUS REASON                              SOURCE  UNTIL
            web      http   _web.0   alive  --                                  check   --
            web      http   _web.1   dead   no answer to 12 connections in 10 s passive --
            plain    --     _web.1   dead   disk full                           outside 23:35:00

            """,
            await _console.ShowAsync("show-hc-result -o rulename,hcname,serverid,status,reason,source,until"));
        using var document = JsonDocument.Parse(await _console.ShowAsync("show-hc-result --json web plain"));
        Assert.Equal(
            """{"rule":"plain","server":"_web.1","status":"dead","failures":0,"last":"2026-03-01T23:29:48+00:00","reason":"disk full","source":"outside","until":"2026-03-01T23:35:00+00:00"}""",
            JsonSerializer.Serialize(document.RootElement.GetProperty("results")[2], JsonSerializerOptions.Web).Replace("\\u002B", "+", StringComparison.Ordinal));
        Assert.Equal("dead:disk full", (await _console.ShowAsync("show-server -p -o health,reason")).Split('\n')[5]);
    }

    [Fact]
    public async Task Without_any_check_there_is_nothing_and_the_kernel_is_not_asked()
    {
        _console.Balancer = new RecordingBalancer(Configuration.Empty);
        Assert.Equal("RULENAME HCNAME SERVERID STATUS FAIL LAST NEXT RTT\n", await _console.ShowAsync("show-hc-result"));
        Assert.DoesNotContain("isChecked", await _console.ShowAsync("show-hc-result --json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_without_a_daemon_shows_what_is_known()
    {
        _console.Balancer = null;
        await _console.DoAsync("create-hc -h hc-test=TCP tcp");
        await _console.DoAsync("create-sg -s server=10.0.0.1:8080 web");
        await _console.DoAsync("create-rule -e -i vip=192.0.2.1,port=80 -m type=h -h hc-name=tcp -o sg=web web");
        var (status, output, error) = await _console.RunAsync("show-hc-result", "-o", "rulename,hcname,serverid,status");
        Assert.Equal((0, "RULENAME HCNAME SERVERID STATUS\nweb      tcp    _web.0   un-init\n"), (status, output));
        Assert.StartsWith("ilbadm: no checker runs", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_are_shown_with_their_health_only_where_it_is_asked_for()
    {
        Assert.Equal(
            """
            SERVERID HEALTH   REASON
            _web.0   alive    --
            _web.1   dead     HTTP 503, wanted 200-399
            _web.2   un-init  --
            _web.3   disabled --

            """,
            await _console.ShowAsync("show-server -o serverid,health,reason web"));
        Assert.Equal("--", (await _console.ShowAsync("show-server -o health plain")).Split('\n')[1]);
        Assert.Contains("HTTP 503", await _console.ShowAsync("show-server -o all"), StringComparison.Ordinal);
        // It would throw.
        _balancer.State = null;
        Assert.DoesNotContain("HEALTH", await _console.ShowAsync("show-server"), StringComparison.Ordinal);
    }

    private static LoadBalancerState StateOf(params HealthResult[] results) => new()
    {
        Version = "1",
        IsChecked = true,
        Rules =
        [
            new RuleState
            {
                Rule = "web",
                Administration = AdministrativeState.Enabled,
                Kernel = KernelState.Complete,
                Servers = results.Select(static (result, number) => new ServerState
                {
                    Server = new ServerId { ServerGroup = "web", Number = (uint)number },
                    Administration = AdministrativeState.Enabled,
                    Health = result,
                }).ToValueList(),
            },
        ],
    };
}
