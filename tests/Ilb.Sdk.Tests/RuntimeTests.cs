using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>What becomes of a rule with time, and with who is able to serve.</summary>
public sealed class RuntimeTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3:8080") };
    private static readonly ServerGroup Sorry = new() { Name = "sorry", Servers = ServerSpec.Parse("10.0.9.1:8080") };
    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Who_joins_begins_with_a_small_weight_that_rises_to_its_own()
    {
        await using var balancer = await OpenAsync(WebRule with { SlowStart = TimeSpan.FromSeconds(20) });
        Assert.Equal("10 10 10 10", Weights());
        await balancer.DisableServersAsync([Id(1)]);
        await balancer.EnableServersAsync([Id(1)]);
        Assert.Equal("10 1 10 10", Weights());
        await PassAsync(balancer, 2);
        Assert.Equal("10 2 10 10", Weights());
        await balancer.AddServersAsync("web", ServerSpec.Parse("10.0.0.9:8080"));
        Assert.Equal("10 2 10 10 1", Weights());
        await PassAsync(balancer, 10);
        Assert.Equal("10 7 10 10 6", Weights());
        await balancer.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 3 });
        Assert.Equal("30 21 30 30 18", Weights());
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
        await balancer.DisableServersAsync([Id(4)]);
        Assert.Equal("30 21 30 30 0", Weights());
        await balancer.EnableServersAsync([Id(4)]);
        Assert.Equal("30 21 30 30 3", Weights());
        await PassAsync(balancer, 20);
        Assert.Equal("30 30 30 30 30", Weights());
        Assert.Empty(Remembered().Of("web").Ramps);
    }

    [Fact]
    public async Task A_rise_goes_on_after_a_restart()
    {
        await using (var first = await OpenAsync(WebRule with { SlowStart = TimeSpan.FromSeconds(20) }))
        {
            await first.DisableServersAsync([Id(1)]);
            await first.EnableServersAsync([Id(1)]);
        }

        _time.Advance(TimeSpan.FromSeconds(8));
        await using var second = await OpenAsync(null);
        Assert.Equal("10 5 10 10", Weights());
        await PassAsync(second, 12);
        Assert.Equal("10 10 10 10", Weights());
    }

    [Fact]
    public async Task Where_nobody_could_raise_it_a_weight_is_full_at_once()
    {
        await using (await OpenAsync(WebRule with { SlowStart = TimeSpan.FromSeconds(20) }))
        {
        }

        await using var command = TestBalancer.Create(_folder.Options with { TimeProvider = _time }, _ipvs);
        await command.DisableServersAsync([Id(1)]);
        await command.EnableServersAsync([Id(1)]);
        Assert.Equal("10 10 10 10", Weights());
    }

    [Fact]
    public async Task A_rise_needs_others_that_serve_already()
    {
        await using var balancer = await OpenAsync(WebRule with { SlowStart = TimeSpan.FromSeconds(20) });
        await balancer.ApplyAsync(new DisableServers { ServerGroup = "web" });
        await balancer.EnableServersAsync([Id(1), Id(2)]);
        Assert.Equal("0 10 10 0", Weights());
        await balancer.DisableRulesAsync(["web"]);
        await balancer.EnableRulesAsync(["web"]);
        Assert.Equal("0 10 10 0", Weights());
    }

    [Fact]
    public async Task The_sorry_group_serves_below_the_quorum_and_keeps_its_connections_when_the_others_are_back()
    {
        await using var balancer = await OpenAsync(WebRule with { Sorry = new SorryGroup { ServerGroup = "sorry", Quorum = 2 } });
        Assert.Equal("1 1 1 1 0", Weights());
        await balancer.DisableServersAsync([Id(0), Id(1)]);
        Assert.Equal("0 0 1 1 0", Weights());
        await balancer.DisableServersAsync([Id(2)]);
        Assert.Equal("0 0 0 0 1", Weights());
        Assert.True(Remembered().Of("web").IsSorry);
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[0].Kernel);
        await balancer.SetServersAsync(new SetServers { ServerGroup = "sorry", Weight = 4 });
        Assert.Equal("0 0 0 0 4", Weights());
        await balancer.EnableServersAsync([Id(2)]);
        Assert.Equal("0 0 1 1 0", Weights());
        Assert.False(Remembered().Of("web").IsSorry);
    }

    [Fact]
    public void Notes_of_a_rule_lead_to_what_they_were_made_of()
    {
        var verdict = new Verdict { IsAlive = false, Since = DateTimeOffset.FromUnixTimeMilliseconds(1764000000123), Reason = "HTTP 503, wanted 200-399" };
        var after = RuleRuntime.None.WithVerdict(0, verdict).WithVerdict(7, new Verdict { IsAlive = true, Since = DateTimeOffset.UnixEpoch }).WithRamp(7, DateTimeOffset.UnixEpoch).WithSorry(true)
            .WithOutside(3, verdict with { IsOfAllRules = true }).WithOutside(4, new Verdict { IsAlive = true, Since = DateTimeOffset.UnixEpoch, Until = DateTimeOffset.UnixEpoch.AddDays(1) }).WithPassive(9, verdict with { Until = verdict.Since.AddSeconds(60) });
        foreach (var (from, to) in ((RuleRuntime, RuleRuntime)[])[(RuleRuntime.None, after), (after, RuleRuntime.None), (after, after.WithVerdict(0, verdict with { IsAlive = true, Reason = "" }).WithRamp(7, null))])
        {
            var lines = new System.Text.StringBuilder();
            RuntimeNotes.Append(lines, "a.b-c_d", from, to);
            var read = lines.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Aggregate(Runtime.None.With("a.b-c_d", from), static (runtime, line) => RuntimeNotes.TryRead(line, runtime)!).Of("a.b-c_d");
            Assert.Equal(to.Verdicts.OrderBy(static pair => pair.Key), read.Verdicts.OrderBy(static pair => pair.Key));
            Assert.Equal(to.Outside.OrderBy(static pair => pair.Key), read.Outside.OrderBy(static pair => pair.Key));
            Assert.Equal(to.Passive, read.Passive);
            Assert.Equal(to.Ramps, read.Ramps);
            Assert.Equal(to.IsSorry, read.IsSorry);
        }

        foreach (var line in (string[])["", "verdict", "verdict web x alive 0", "verdict web 1 sick 0", "verdict web 1 dead -1", "verdict web 1 dead 99999999999999999999", "ramp web 1", "outside web 1 dead 0 - some", "outside web 1 dead 0 x all", "passive web 1 dead 0", "outside web x dead 0 - all", "no-passive web", "sorry", "sorry a b", "no-ramp web -1"])
            Assert.Null(RuntimeNotes.TryRead(line, Runtime.None));
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private Task PassAsync(LoadBalancer balancer, int seconds) => _time.PassAsync(balancer, seconds);

    private Runtime Remembered() => RuntimeState.Load(Directory.GetFiles(_folder.File("run"), "*.state").Single(), NetworkNamespaceLife.Read(null)).Runtime;

    private string Weights() => string.Join(' ', _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[^3]));

    private async Task<LoadBalancer> OpenAsync(Rule? rule)
    {
        var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromHours(1) }, _ipvs);
        await balancer.ApplyAsync(rule is null ? [] : [new CreateServerGroup { ServerGroup = Web }, new CreateServerGroup { ServerGroup = Sorry }, new CreateRule { Rule = rule }]);
        return balancer;
    }
}
