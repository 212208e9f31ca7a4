using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>What <see cref="ILoadBalancer"/> and its extensions promise, wherever the load balancer is.</summary>
public abstract partial class LoadBalancerContract(bool isRemote) : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(60);
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:8080") };
    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };

    private Home _home = null!;

    private ILoadBalancer Balancer => _home.Balancer;

    public async ValueTask InitializeAsync() => _home = await Home.OpenAsync(isRemote);

    public async ValueTask DisposeAsync()
    {
        await _home.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Who_drains_servers_learns_which_have_connections_and_when_they_have_none()
    {
        await Balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateRule { Rule = WebRule }]);
        var connections = 3u;
        _home.Ipvs.Connections = _ => (connections, 7);
        var left = Assert.Single(await Balancer.DrainAsync([ServerId.Parse("_web.1")], TimeSpan.Zero));
        Assert.Equal(("web", "_web.1", "10.0.0.2", 8080, false, 3L, 7L), (left.Rule, left.Server.ToString(), left.Address.ToString(), left.Ports!.First, left.IsLeaving, left.ActiveConnections, left.InactiveConnections));
        var removed = await Balancer.RemoveServersAsync("web", [ServerSelector.Parse("10.0.0.1")]);
        Assert.Equal([("_web.0", true)], removed.Draining.Select(static server => (server.Server.ToString(), server.IsLeaving)));
        Assert.NotNull(removed.Draining[0].Since);
        Assert.Equal(["_web.0", "_web.1"], (await Balancer.GetStateAsync()).Draining.Select(static server => server.Server.ToString()).Order());
        connections = 0;
        Assert.Empty(await Balancer.WaitForDrainAsync(removed));
        Assert.Equal("TCP 192.0.2.1:80 -> 10.0.0.2:8080 Masquerading 0 0 0\nTCP 192.0.2.1:80 wrr None", _home.Ipvs.Text);
        Assert.Empty((await Balancer.GetStateAsync()).Draining);
    }

    [Fact]
    public async Task Each_verb_does_its_work()
    {
        var created = await Balancer.CreateServerGroupAsync(Web);
        Assert.Equal((true, 0), (created.Converged, created.Steps.Count));
        Assert.Equal([new CreateServerGroup { ServerGroup = Web.WithNumbers() }], created.Changes);
        var ruled = await Balancer.CreateRuleAsync(WebRule);
        Assert.Equal(["add service TCP 192.0.2.1:80 (wrr)", "add destination 10.0.0.1:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)", "add destination 10.0.0.2:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)"],
            ruled.Steps.Select(static step => step.ToString()));
        await Balancer.AddServersAsync("web", ServerSpec.Parse("10.0.0.3:8080"));
        await Balancer.RemoveServersAsync("web", [ServerSelector.Parse("10.0.0.1")]);
        await Balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        await Balancer.EnableServersAsync([ServerId.Parse("_web.1")]);
        await Balancer.SetServersAsync(new SetServers { ServerGroup = "web", Weight = 5 });
        await Balancer.SetRuleAsync(new SetRule { Name = "web", Algorithm = Algorithm.LeastConnections });
        Assert.Empty(await Balancer.WaitForDrainAsync(await Balancer.DisableRulesAsync(["web"])));
        Assert.Equal("", _home.Ipvs.Text);
        await Balancer.EnableRulesAsync(["web"]);
        var present = (await Balancer.GetConfigurationAsync()).Configuration;
        Assert.Equal(["10.0.0.2:5", "10.0.0.3:5"], present.FindServerGroup("web")!.Servers.Select(static server => $"{server.Address}:{server.Weight}"));
        Assert.Equal(Algorithm.LeastConnections, present.FindRule("web")!.Algorithm);
        await Balancer.DeleteRulesAsync(["web"]);
        await Balancer.DeleteServerGroupAsync("web");
        var empty = await Balancer.GetConfigurationAsync();
        Assert.Equal(Configuration.Empty, empty.Configuration);
        await Balancer.ReplaceAllAsync(present);
        Assert.Equal(present, (await Balancer.GetConfigurationAsync()).Configuration);
        Assert.NotEqual(empty.Version, (await Balancer.GetConfigurationAsync()).Version);
    }

    [Fact]
    public async Task All_errors_are_told_at_once_with_code_and_path_and_nothing_changes()
    {
        await CreateAsync();
        var before = await Balancer.GetConfigurationAsync();
        var refused = await RefusedAsync(() => Balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "new" } },
            new DeleteRules { Names = ["unknown"] },
            new CreateRule { Rule = WebRule with { Name = "other" } },
            new AddServers { ServerGroup = "nobody", Servers = ServerSpec.Parse("10.0.0.9") },
            new EnableServers { Servers = [ServerId.Parse("_web.0"), ServerId.Parse("_web.9")] },
        ]));
        Assert.Equal(
        [
            (IlbErrorCode.NoSuchRule, "changes[1].names"),
            (IlbErrorCode.RuleOverlaps, "changes[2].rule.vip"),
            (IlbErrorCode.NoSuchServerGroup, "changes[3].serverGroup"),
            (IlbErrorCode.NoSuchServer, "changes[4].servers"),
        ], refused.Errors.Select(static error => (error.Code, error.Path)));
        Assert.Equal("rule 'unknown' does not exist", refused.Errors[0].Message);
        Assert.Equal(before, await Balancer.GetConfigurationAsync());
    }

    [Fact]
    public async Task What_is_missing_is_refused_by_its_place()
    {
        var refused = await RefusedAsync(() => Balancer.ApplyAsync([new DeleteServerGroup { Name = null! }, null!, new CreateRule { Rule = null! }]));
        Assert.Equal(["changes[0].name", "changes[1]", "changes[2].rule"], refused.Errors.Select(static error => error.Path));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Balancer.ApplyAsync((IReadOnlyList<Change>)null!));
    }

    [Fact]
    public async Task What_no_text_can_say_is_refused_for_what_it_is()
    {
        await CreateAsync();
        var refused = await RefusedAsync(() => Balancer.ApplyAsync(
        [
            new CreateRule { Rule = WebRule with { Name = "r", Ports = 81, Algorithm = (Algorithm)99 } },
            new CreateRule { Rule = WebRule with { Name = "s", Vip = IPAddress.Parse("fe80::1%3") } },
        ]));
        Assert.Equal(await EngineErrorsAsync(
        [
            new CreateRule { Rule = WebRule with { Name = "r", Ports = 81, Algorithm = (Algorithm)99 } },
            new CreateRule { Rule = WebRule with { Name = "s", Vip = IPAddress.Parse("fe80::1%3") } },
        ]), refused.Errors);
    }

    [Fact]
    public async Task A_version_that_is_not_the_present_one_is_refused()
    {
        var first = await Balancer.CreateServerGroupAsync(Web);
        var second = await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "other" });
        foreach (var version in (string[])[first.Version, "", "*", "a,b", "unheard of \"", "line\r\nfeed"])
        {
            var refused = await RefusedAsync(() => Balancer.DeleteServerGroupAsync("other", new ApplyOptions { ExpectedVersion = version }));
            Assert.Equal(IlbErrorCode.VersionConflict, refused.Code);
            refused = await RefusedAsync(() => Balancer.DeleteServerGroupAsync("other", new ApplyOptions { ExpectedVersion = version, DryRun = true }));
            Assert.Equal(IlbErrorCode.VersionConflict, refused.Code);
        }

        Assert.Equal(second.Version, (await Balancer.GetConfigurationAsync()).Version);
        await Balancer.DeleteServerGroupAsync("other", new ApplyOptions { ExpectedVersion = second.Version });
    }

    [Fact]
    public async Task A_dry_run_tells_the_steps_and_changes_nothing()
    {
        var before = await Balancer.CreateServerGroupAsync(Web);
        var plan = await Balancer.PlanAsync([new CreateRule { Rule = WebRule }]);
        Assert.Equal((before.Version, false, 3), (plan.Version, plan.Converged, plan.Steps.Count));
        Assert.Equal(("", before.Version), (_home.Ipvs.Text, (await Balancer.GetConfigurationAsync()).Version));
        await CreateRuleAsync();
        Assert.True((await Balancer.PlanAsync([])).Converged);
        Assert.Equal(IlbErrorCode.NoSuchRule, (await RefusedAsync(() => Balancer.PlanAsync([new DeleteRules { Names = ["unknown"] }]))).Code);
    }

    [Fact]
    public async Task A_service_of_somebody_else_is_a_clash_unless_it_is_to_be_taken_over()
    {
        await Balancer.CreateServerGroupAsync(Web);
        var key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
        Assert.True(_home.Ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = key, Scheduler = "rr" } }));
        foreach (var address in (string[])["10.0.0.1", "10.0.0.2"])
            Assert.True(_home.Ipvs.Do(new IpvsOperation.AddDestination { Service = key, Destination = new IpvsDestination { Address = IPAddress.Parse(address), Port = 8080, Forwarding = IpvsForwarding.Masquerading } }));
        Assert.Equal((IlbErrorCode.ForeignService, "rules[0].vip"), (await RefusedAsync(() => Balancer.CreateRuleAsync(WebRule))).Errors.Select(static error => (error.Code, error.Path)).Single());
        Assert.True((await Balancer.CreateRuleAsync(WebRule, new ApplyOptions { Adopt = true })).Converged);
    }

    [Fact]
    public async Task A_step_that_the_kernel_refuses_is_told_with_its_reason()
    {
        await Balancer.CreateServerGroupAsync(Web);
        _home.Ipvs.Refuse = static operation => operation is IpvsOperation.AddDestination { Destination.Port: 8080 } ? 12 : 0;
        var result = await Balancer.CreateRuleAsync(WebRule);
        Assert.False(result.Converged);
        Assert.Equal([(12, IlbErrorCode.KernelRefused, "web"), (12, IlbErrorCode.KernelRefused, "web")],
            result.Steps.Where(static step => step.Failure is not null).Select(static step => (step.Failure!.Errno, step.Failure.Code, step.Rule!)));
    }

    [Fact]
    public async Task Host_names_are_looked_up_where_the_load_balancer_is()
    {
        var result = await Balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("web.example:80") });
        var server = Assert.IsType<CreateServerGroup>(Assert.Single(result.Changes)).ServerGroup.Servers.Single();
        Assert.Equal((IPAddress.Parse("10.0.0.77"), "web.example", 0U), (server.Address!, server.Host, server.Number));
        var refused = await RefusedAsync(() => Balancer.AddServersAsync("web", ServerSpec.Parse("nobody.example")));
        Assert.Equal((IlbErrorCode.HostNotFound, "changes[0].servers[0]"), (refused.Code, refused.Errors[0].Path));
    }

    [Fact]
    public async Task Without_a_kernel_the_reason_is_told_and_groups_still_work()
    {
        _home.Ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no IPVS: modprobe ip_vs");
        await Balancer.CreateServerGroupAsync(Web);
        var refused = await RefusedAsync(() => Balancer.CreateRuleAsync(WebRule));
        Assert.Equal((IlbErrorCode.KernelUnavailable, "the kernel has no IPVS: modprobe ip_vs"), (refused.Code, refused.Message));
        _home.Ipvs.Broken = null;
        await CreateRuleAsync();
        _home.Ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no IPVS: modprobe ip_vs");
        Assert.Equal(IlbErrorCode.KernelUnavailable, (await RefusedAsync(() => Balancer.GetStateAsync())).Code);
        Assert.Equal(IlbErrorCode.KernelUnavailable, (await RefusedAsync(() => Balancer.GetStatisticsAsync())).Code);
        Assert.Equal(IlbErrorCode.KernelUnavailable, (await RefusedAsync(() => Balancer.DiagnoseAsync())).Code);
    }

    [Fact]
    public async Task The_state_and_the_counters_of_the_kernel_are_told()
    {
        await CreateAsync();
        Assert.True(_home.Ipvs.Do(new IpvsOperation.RemoveDestination { Service = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80), Address = IPAddress.Parse("10.0.0.2"), Port = 8080 }));
        var rule = Assert.Single((await Balancer.GetStateAsync()).Rules);
        Assert.Equal(("web", KernelState.Different), (rule.Rule, rule.Kernel));
        Assert.Equal(await _home.Engine.GetStateAsync(), await Balancer.GetStateAsync());
        var statistics = await Balancer.GetStatisticsAsync();
        var expected = await _home.Engine.GetStatisticsAsync();
        Assert.Equal(expected.Rules, statistics.Rules);
        Assert.InRange(expected.Time - statistics.Time, TimeSpan.Zero, Deadline);
    }

    [Fact]
    public async Task What_is_wrong_is_told_and_unknown_rules_are_refused_by_name()
    {
        Assert.Empty((await Balancer.DiagnoseAsync()).Findings);
        await CreateAsync();
        var diagnosis = await Balancer.DiagnoseAsync(["web"]);
        // The kernel in memory has no interface.
        Assert.Contains(diagnosis.Findings, static finding => finding is { Kind: FindingKind.VipNotHere, Severity: FindingSeverity.Error, Rules: ["web"] });
        Assert.Contains(diagnosis.Findings, static finding => finding.Kind == FindingKind.ServerUnreachable && finding.Servers.Contains(ServerId.Parse("_web.1")));
        Assert.Equal(await _home.Engine.DiagnoseAsync(), diagnosis);
        Assert.Equal(diagnosis, await Balancer.DiagnoseAsync([]));
        foreach (var name in (string[])["unknown", "", "a b", "&rules=web", "%2", "ü"])
        {
            var refused = await RefusedAsync(() => Balancer.DiagnoseAsync(["web", name]));
            Assert.Equal([(IlbErrorCode.NoSuchRule, $"rule {Quote.Of(name)} does not exist", "rules")], refused.Errors.Select(static error => (error.Code, error.Message, error.Path!)));
        }
    }

    [Fact]
    public async Task What_others_say_of_servers_counts_until_it_is_withdrawn_and_over_a_restart()
    {
        await CreateAsync();
        var before = await Balancer.GetConfigurationAsync();
        var dead = new OutsideVerdict { Servers = [ServerId.Parse("_web.1")], Word = OutsideWord.Dead, Reason = "disk full", TimeToLive = TimeSpan.FromHours(1) };
        var result = await Balancer.JudgeAsync(dead);
        Assert.Equal((true, before.Version, "update destination 10.0.0.2:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 0)"), (result.Converged, result.Version, Assert.Single(result.Steps).ToString()));
        await _home.RestartAsync();
        var engine = _home.Connect();
        var health = (await engine.GetStateAsync()).Rules[0].Servers[1].Health!;
        Assert.Equal((ServerHealth.Dead, VerdictSource.Outside, "disk full"), (health.Status, health.Source, health.Reason));
        Assert.Equal(TimeSpan.FromHours(1), health.Until - health.Last);
        var refused = await RefusedAsync(() => engine.JudgeAsync([dead, dead with { Servers = [ServerId.Parse("_web.7")] }, dead with { Rule = "unknown" }]));
        Assert.Equal([(IlbErrorCode.NoSuchServer, "verdicts[1].servers[0]"), (IlbErrorCode.NoSuchRule, "verdicts[2].rule")], refused.Errors.Select(static error => (error.Code, error.Path)));
        refused = await RefusedAsync(() => engine.JudgeAsync([dead with { Servers = [] }, null!, dead with { Word = (OutsideWord)7 }]));
        Assert.Equal(["verdicts[0].servers", "verdicts[1]", "verdicts[2].verdict"], refused.Errors.Select(static error => error.Path));
        await engine.JudgeAsync(dead with { Word = OutsideWord.Withdrawn, TimeToLive = null });
        Assert.Null((await engine.GetStateAsync()).Rules[0].Servers[1].Health);
        Assert.Equal(before.Configuration, (await engine.GetConfigurationAsync()).Configuration);
    }

    [Fact]
    public async Task An_edited_file_is_refused_until_it_is_reloaded_and_a_damaged_one_by_its_line()
    {
        await CreateAsync();
        var good = await File.ReadAllTextAsync(_home.Folder.ConfigurationPath);
        await File.WriteAllTextAsync(_home.Folder.ConfigurationPath, good.Replace("8080", "9090", StringComparison.Ordinal));
        Assert.Equal(IlbErrorCode.ConfigurationEdited, (await RefusedAsync(() => Balancer.DisableRulesAsync(["web"]))).Code);
        Assert.Equal(8080, (await Balancer.GetConfigurationAsync()).Configuration.FindServerGroup("web")!.Servers[0].Ports!.First);
        Assert.True((await _home.ReloadAsync()).Converged);
        Assert.Equal(9090, (await Balancer.GetConfigurationAsync()).Configuration.FindServerGroup("web")!.Servers[0].Ports!.First);
        await File.WriteAllTextAsync(_home.Folder.ConfigurationPath, good.Replace("8080", "80800", StringComparison.Ordinal));
        var refused = await RefusedAsync(() => _home.ReloadAsync());
        Assert.Equal((IlbErrorCode.ConfigurationDamaged, Array.FindIndex(good.Split('\n'), static line => line.Contains("8080", StringComparison.Ordinal)) + 1), (refused.Code, refused.Errors[0].Line));
    }

    [Fact]
    public async Task A_change_that_is_cancelled_in_time_is_not_made()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Balancer.CreateServerGroupAsync(Web, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FirstEventAsync(cancelled.Token));
        Assert.Equal(Configuration.Empty, (await Balancer.GetConfigurationAsync()).Configuration);
    }

    [Fact]
    public async Task What_is_disposed_says_so()
    {
        var events = Balancer.GetEventsAsync().GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        var next = events.MoveNextAsync();
        await Balancer.DisposeAsync();
        await Balancer.DisposeAsync();
        Assert.False(await next.AsTask().WaitAsync(Deadline));
        await events.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Balancer.GetConfigurationAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Balancer.ApplyAsync([]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Balancer.GetStateAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Balancer.GetStatisticsAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Balancer.DiagnoseAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _home.ReloadAsync());
        Assert.Throws<ObjectDisposedException>(() => Balancer.GetEventsAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_changes_are_answered_as_by_an_engine_in_this_process(int seed)
    {
        var random = new Random(seed);
        await using var other = await Home.OpenAsync(isRemote: false);
        for (var i = 0; i < 150; i++)
        {
            var present = await other.Balancer.GetConfigurationAsync();
            var changes = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(8) == 0
                ? new ReplaceAll { Configuration = GenerateEverything.Configuration(random) }
                : RandomChange.One(random, present.Configuration)).ToArray();
            var options = new ApplyOptions { DryRun = random.Next(4) == 0, ExpectedVersion = random.Next(4) == 0 ? present.Version : null };
            Assert.Equal(await AnswerAsync(other.Balancer, changes, options), await AnswerAsync(Balancer, changes, options));
            Assert.Equal(await other.Balancer.GetConfigurationAsync(), await Balancer.GetConfigurationAsync());
        }

        Assert.Equal(other.Ipvs.Text, _home.Ipvs.Text);
    }

    private static async Task<string> AnswerAsync(ILoadBalancer balancer, IReadOnlyList<Change> changes, ApplyOptions options)
    {
        try
        {
            return System.Text.Encoding.UTF8.GetString(AnswerJson.Serialize(await balancer.ApplyAsync(changes, options)));
        }
        catch (IlbException e)
        {
            return System.Text.Encoding.UTF8.GetString(AnswerJson.Serialize(e.Errors));
        }
    }

    private async Task CreateAsync()
    {
        await Balancer.CreateServerGroupAsync(Web);
        await CreateRuleAsync();
    }

    private async Task CreateRuleAsync() => Assert.True((await Balancer.CreateRuleAsync(WebRule)).Converged);

    private async Task<ValueList<IlbError>> EngineErrorsAsync(IReadOnlyList<Change> changes) => (await RefusedAsync(() => _home.Engine.ApplyAsync(changes))).Errors;

    private async Task<LoadBalancerEvent> FirstEventAsync(CancellationToken cancellationToken)
    {
        await foreach (var happened in Balancer.GetEventsAsync(null, cancellationToken))
            return happened;
        throw new InvalidOperationException("no event came");
    }

    private static Task<IlbException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<IlbException>(() => call().WaitAsync(Deadline));
}
