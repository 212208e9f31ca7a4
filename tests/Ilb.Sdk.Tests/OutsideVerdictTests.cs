using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>What others say of servers: beside the checks and without any, until it is withdrawn or its time is over.</summary>
public sealed class OutsideVerdictTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3:8080") };
    private static readonly HealthCheck Check = new() { Name = "tcp", Test = new TcpTest() };
    private static readonly Rule Plain = new() { Name = "plain", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };
    private static readonly Rule Checked = Plain with { Name = "web", Vip = IPAddress.Parse("192.0.2.2"), Health = new RuleHealth { Check = "tcp" } };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedServers _servers;

    public OutsideVerdictTests() => _servers = new SimulatedServers(_time) { IsNoted = false };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_is_out_in_all_rules_of_its_group_until_the_word_is_withdrawn()
    {
        await using var balancer = await OpenAsync();
        _ipvs.Operations.Clear();
        var result = await balancer.JudgeAsync(Dead(1, "disk full"));
        Assert.Equal("1011 1011", Weights());
        Assert.True(result.Converged);
        Assert.Equal(["plain", "web"], result.Steps.Select(static step => step.Rule!).Order());
        Assert.Equal(2, _ipvs.Operations.Count);
        Assert.Empty((await balancer.JudgeAsync(Dead(1, "disk full"))).Steps);
        await balancer.JudgeAsync(Dead(1) with { Word = OutsideWord.Withdrawn });
        Assert.Equal("1111 1111", Weights());
        await balancer.JudgeAsync(Dead(2) with { Rule = "plain" });
        Assert.Equal("1101 1111", Weights());
        await balancer.JudgeAsync(Dead(2) with { Word = OutsideWord.Alive });
        Assert.Equal("1111 1111", Weights());
    }

    [Fact]
    public async Task Dead_by_anybodys_word_is_dead()
    {
        await using var balancer = await OpenAsync();
        await CheckAsync(balancer, 1, false);
        await balancer.JudgeAsync(Dead(1));
        await CheckAsync(balancer, 1, true);
        Assert.Equal("1011 1011", Weights());
        await CheckAsync(balancer, 1, false);
        await balancer.JudgeAsync(Dead(1) with { Word = OutsideWord.Withdrawn });
        Assert.Equal("1111 1011", Weights());
        // A word for it does not make up for a check against it.
        await balancer.JudgeAsync(Dead(1) with { Word = OutsideWord.Alive });
        Assert.Equal("1111 1011", Weights());
        await CheckAsync(balancer, 1, true);
        Assert.Equal("1111 1111", Weights());
    }

    [Fact]
    public async Task The_first_word_of_anybody_ends_the_wait_of_start_down()
    {
        _servers.IsHeld = true;
        await using var balancer = await OpenAsync(Checked with { Health = Checked.Health! with { Start = StartState.Down } });
        Assert.Equal("1111 0000", Weights());
        await balancer.JudgeAsync(Dead(1) with { Word = OutsideWord.Alive });
        Assert.Equal("1111 0100", Weights());
        await balancer.JudgeAsync(Dead(1) with { Word = OutsideWord.Withdrawn });
        Assert.Equal("1111 0000", Weights());
    }

    [Fact]
    public async Task A_word_with_a_time_to_live_is_forgotten_when_that_is_over()
    {
        await using var balancer = await OpenAsync();
        await balancer.JudgeAsync(Dead(1) with { TimeToLive = TimeSpan.FromSeconds(30) });
        await balancer.JudgeAsync(Dead(2) with { TimeToLive = TimeSpan.FromSeconds(10) });
        Assert.Equal("1001 1001", Weights());
        await PassAsync(balancer, 9);
        Assert.Equal("1001 1001", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("1011 1011", Weights());
        // Said again in time it goes on.
        await PassAsync(balancer, 15);
        await balancer.JudgeAsync(Dead(1) with { TimeToLive = TimeSpan.FromSeconds(30) });
        await PassAsync(balancer, 29);
        Assert.Equal("1011 1011", Weights());
        await PassAsync(balancer, 1);
        Assert.Equal("1111 1111", Weights());
        Assert.True(Remembered().Of("plain").IsEmpty);
    }

    [Fact]
    public async Task A_word_outlives_a_restart_and_ends_in_time_all_the_same()
    {
        await using (var first = await OpenAsync())
        {
            await first.JudgeAsync([Dead(1, "disk full, says df  -h"), Dead(2) with { TimeToLive = TimeSpan.FromSeconds(30) }, Dead(3) with { TimeToLive = TimeSpan.FromSeconds(5) }]);
            Assert.Equal("1000 1000", Weights());
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        await using var second = await OpenAsync();
        Assert.Equal("1001 1001", Weights());
        Assert.Equal("disk full, says df  -h", (await StateAsync(second, "plain", 1))!.Reason);
        await PassAsync(second, 20);
        Assert.Equal("1011 1011", Weights());
    }

    [Fact]
    public async Task A_command_without_a_daemon_takes_and_keeps_words_too()
    {
        await using (await OpenAsync())
        {
        }

        await using (var command = TestBalancer.Create(_folder.Options with { TimeProvider = _time }, _ipvs))
            Assert.True((await command.JudgeAsync(Dead(1))).Converged);
        Assert.Equal("1011 1011", Weights());
        await using (var other = TestBalancer.Create(_folder.Options with { TimeProvider = _time }, _ipvs))
        {
            await other.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 5 });
            Assert.Equal("5055 5055", Weights());
            await other.JudgeAsync(Dead(1) with { Word = OutsideWord.Withdrawn });
            Assert.Equal("5555 5555", Weights());
        }
    }

    [Fact]
    public async Task A_rule_that_comes_later_takes_what_was_said_of_all_rules()
    {
        await using var balancer = await OpenAsync();
        await balancer.JudgeAsync([Dead(1, "disk full"), Dead(2) with { Rule = "plain" }]);
        await balancer.CreateRuleAsync(Plain with { Name = "z", Vip = IPAddress.Parse("192.0.2.9") });
        Assert.Equal("1001 1011 1011", Weights());
        Assert.Equal("disk full", (await StateAsync(balancer, "z", 1))!.Reason);
        // And one that changes its group takes no other server for this one.
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "api", Servers = ServerSpec.Parse("10.0.7.0-10.0.7.3:8080") });
        await balancer.SetRuleAsync(new SetRule { Name = "z", ServerGroup = "api" });
        await PassAsync(balancer, 3);
        Assert.Equal("1001 1011 1111", Weights());
        await balancer.SetRuleAsync(new SetRule { Name = "z", ServerGroup = "web" });
        await PassAsync(balancer, 3);
        Assert.Equal("1001 1011 1011", Weights());
    }

    [Fact]
    public async Task A_word_goes_with_the_server_but_not_with_its_being_disabled()
    {
        await using var balancer = await OpenAsync();
        await balancer.JudgeAsync(Dead(1));
        await balancer.DisableServersAsync([Id(1)]);
        await balancer.EnableServersAsync([Id(1)]);
        await balancer.DisableRulesAsync(["plain"]);
        await balancer.EnableRulesAsync(["plain"]);
        Assert.Equal("1011 1011", Weights());
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.1")]);
        await PassAsync(balancer, 3);
        Assert.Equal("111 111", Weights());
        Assert.Empty(Remembered().Of("plain").Outside);
    }

    [Fact]
    public async Task State_and_events_say_who_says_it_why_and_until_when()
    {
        await using var balancer = await OpenAsync();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var events = balancer.GetEventsAsync(null, end.Token).OfType<ServerHealthChanged>().GetAsyncEnumerator(end.Token);
        var next = events.MoveNextAsync();
        Assert.Null(await StateAsync(balancer, "plain", 1));
        await balancer.JudgeAsync(Dead(1, "disk full") with { TimeToLive = TimeSpan.FromSeconds(10) });
        var said = (await StateAsync(balancer, "plain", 1))!;
        Assert.Equal((ServerHealth.Dead, VerdictSource.Outside, "disk full", _time.GetUtcNow(), _time.GetUtcNow().AddSeconds(10)), (said.Status, said.Source, said.Reason, said.Last!.Value, said.Until!.Value));
        Assert.Null(await StateAsync(balancer, "plain", 2));
        said = (await StateAsync(balancer, "web", 1))!;
        Assert.Equal((ServerHealth.Dead, VerdictSource.Outside, "disk full"), (said.Status, said.Source, said.Reason));
        Assert.NotNull(said.Next);
        await PassAsync(balancer, 10);
        await balancer.JudgeAsync(Dead(2) with { Rule = "plain", Word = OutsideWord.Alive });
        string[] expected =
        [
            "server _web.1 of rule 'plain' is dead: disk full (Unknown Outside)", "server _web.1 of rule 'web' is dead: disk full (Alive Outside)",
            "server _web.1 of rule 'plain' is un-init (Dead Check)", "server _web.1 of rule 'web' is alive (Dead Check)", "server _web.2 of rule 'plain' is alive (Unknown Outside)",
        ];
        var told = new List<string>();
        do
        {
            Assert.True(await next);
            told.Add($"{events.Current} ({events.Current.From} {events.Current.Source})");
            next = told.Count < expected.Length ? events.MoveNextAsync() : default;
        }
        while (told.Count < expected.Length);
        Assert.Equal(expected.Order(), told.Order());
    }

    [Fact]
    public async Task Who_is_disabled_and_enabled_is_told_as_such_but_not_who_was_disabled_all_along()
    {
        await using (var first = await OpenAsync())
            await first.DisableServersAsync([Id(3)]);
        await using var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromDays(1) }, _ipvs, _servers);
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var events = balancer.GetEventsAsync(null, end.Token).OfType<ServerHealthChanged>().GetAsyncEnumerator(end.Token);
        var next = events.MoveNextAsync();
        await balancer.ApplyAsync([]);
        await PassAsync(balancer, 50);
        await balancer.DisableServersAsync([Id(1)]);
        await balancer.EnableServersAsync([Id(1)]);
        await PassAsync(balancer, 50);
        var told = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await next);
            told.Add($"{events.Current.Server} {events.Current.From} {events.Current.To}");
            next = i < 2 ? events.MoveNextAsync() : default;
        }

        Assert.Equal(["_web.1 Alive Disabled", "_web.1 Disabled Unknown", "_web.1 Unknown Alive"], told);
    }

    [Fact]
    public async Task What_is_wrong_is_told_all_at_once_and_nothing_changes()
    {
        await using var balancer = await OpenAsync();
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "idle", Servers = ServerSpec.Parse("10.0.9.1") });
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "api", Servers = ServerSpec.Parse("10.0.9.2") });
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.JudgeAsync(
        [
            Dead(1),
            new OutsideVerdict { Servers = [Id(9), ServerId.Parse("_nobody.0"), ServerId.Parse("_idle.0")], Word = OutsideWord.Dead },
            Dead(1) with { Rule = "unknown" },
            new OutsideVerdict { Servers = [Id(2), ServerId.Parse("_api.0")], Rule = "web", Word = OutsideWord.Dead },
        ]));
        Assert.Equal(
        [
            "NoSuchServer verdicts[1].servers[0]: server '_web.9' does not exist",
            "NoSuchServerGroup verdicts[1].servers[1]: server group 'nobody' does not exist",
            "InvalidArgument verdicts[1].servers[2]: server '_idle.0' serves no rule: no rule has server group 'idle'",
            "NoSuchRule verdicts[2].rule: rule 'unknown' does not exist",
            "InvalidArgument verdicts[3].servers[1]: server '_api.0' does not serve rule 'web', which has server group 'web'",
        ], refused.Errors.Select(static error => $"{error.Code} {error.Path}: {error.Message}"));
        refused = await Assert.ThrowsAsync<IlbException>(() => balancer.JudgeAsync(
            [null!, new OutsideVerdict { Servers = [], Word = (OutsideWord)7, Rule = "", Reason = "two\nlines", TimeToLive = TimeSpan.FromMilliseconds(1) }, Dead(1) with { Word = OutsideWord.Withdrawn, TimeToLive = TimeSpan.FromDays(366) }, Dead(1) with { Servers = null!, Reason = new string('x', 201) }]));
        Assert.Equal(["verdicts[0]", "verdicts[1].servers", "verdicts[1].verdict", "verdicts[1].rule", "verdicts[1].reason", "verdicts[1].ttl", "verdicts[2].ttl", "verdicts[2].ttl", "verdicts[3].servers", "verdicts[3].reason"], refused.Errors.Select(static error => error.Path));
        Assert.Equal("1111 1111", Weights());
        Assert.Empty((await balancer.JudgeAsync([])).Steps);
    }

    [Fact]
    public async Task A_word_that_the_kernel_refuses_stands_and_is_brought_there_later()
    {
        await using var balancer = await OpenAsync();
        _ipvs.Refuse = static operation => operation is Netlink.Ipvs.IpvsOperation.UpdateDestination ? 12 : 0;
        var result = await balancer.JudgeAsync(Dead(1));
        Assert.Equal((false, 2), (result.Converged, result.Steps.Count(static step => step.Failure is not null)));
        _ipvs.Refuse = static _ => 0;
        _ipvs.Broken = new IlbException(IlbErrorCode.Timeout, "a call hangs");
        Assert.False((await balancer.JudgeAsync(Dead(2))).Converged);
        _ipvs.Broken = null;
        await PassAsync(balancer, 80);
        Assert.Equal("1001 1001", Weights());
    }

    [Fact]
    public async Task Many_who_speak_at_once_are_all_heard()
    {
        await using var balancer = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => balancer.JudgeAsync(Dead((uint)i % 4) with { Word = i < 196 ? (OutsideWord)(i % 3) : OutsideWord.Dead }))));
        await balancer.JudgeAsync(new OutsideVerdict { Servers = [Id(0), Id(1)], Word = OutsideWord.Withdrawn });
        await balancer.JudgeAsync(new OutsideVerdict { Servers = [Id(2), Id(3)], Word = OutsideWord.Dead });
        Assert.Equal("1100 1100", Weights());
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => balancer.JudgeAsync(Dead(0), cancelled.Token));
        Assert.Equal("1100 1100", Weights());
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private static OutsideVerdict Dead(uint server, string? reason = null) => new() { Servers = [Id(server)], Word = OutsideWord.Dead, Reason = reason };

    private static async Task<HealthResult?> StateAsync(LoadBalancer balancer, string rule, int server) => (await balancer.GetStateAsync()).Rules.Single(state => state.Rule == rule).Servers[server].Health;

    private Task PassAsync(LoadBalancer balancer, int seconds) => _time.PassAsync(balancer, seconds);

    private async Task CheckAsync(LoadBalancer balancer, byte server, bool isAlive)
    {
        _servers.Set(new IPAddress([10, 0, 0, server]), isAlive ? ProbeOutcome.Alive(null) : ProbeOutcome.Failed("connection refused"));
        await PassAsync(balancer, 50);
    }

    private Runtime Remembered() => RuntimeState.Load(Directory.GetFiles(_folder.File("run"), "*.state").Single(), NetworkNamespaceLife.Read(null)).Runtime;

    // A word a service.
    private string Weights() => string.Join(' ', _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal)).GroupBy(static line => line.Split(" -> ")[0]).Select(static service => string.Concat(service.Select(static line => line.Split(' ')[^3]))));

    private async Task<LoadBalancer> OpenAsync(Rule? rule = null)
    {
        var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromDays(1) }, _ipvs, _servers);
        var isNew = (await balancer.GetConfigurationAsync()).Configuration.Rules.Count == 0;
        await balancer.ApplyAsync(isNew ? [new CreateServerGroup { ServerGroup = Web }, new CreateHealthCheck { HealthCheck = Check }, new CreateRule { Rule = Plain }, new CreateRule { Rule = rule ?? Checked }] : []);
        if (!_servers.IsHeld)
            await PassAsync(balancer, 2);
        return balancer;
    }
}
