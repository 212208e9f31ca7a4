using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>A load balancer that keeps the kernel heals what others did to it, by itself.</summary>
public sealed class KeepingTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:8080") };
    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _log = new();

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task A_flush_an_edit_and_a_stray_server_are_healed_at_the_interval_and_said()
    {
        await using var balancer = await OpenAsync(2);
        var whole = _ipvs.Text;
        Do(new IpvsOperation.RemoveService { Service = Key(1) });
        Do(new IpvsOperation.UpdateService { Service = new IpvsService { Key = Key(2), Scheduler = "lc" } });
        Do(new IpvsOperation.RemoveDestination { Service = Key(2), Address = IPAddress.Parse("10.0.0.1"), Port = 8080 });
        Do(new IpvsOperation.AddDestination { Service = Key(2), Destination = new IpvsDestination { Address = IPAddress.Parse("10.0.0.9"), Port = 80 } });
        var disturbed = _ipvs.Text;
        await AdvanceAsync(balancer, Interval - TimeSpan.FromMilliseconds(1));
        Assert.Equal(disturbed, _ipvs.Text);
        await AdvanceAsync(balancer, TimeSpan.FromMilliseconds(1));
        Assert.Equal(whole, _ipvs.Text);
        Assert.Equal(
        [
            "Healed: added destination 10.0.0.1:8080 of service TCP 192.0.2.1:2 of rule 'r2', which was gone",
            "Healed: added service TCP 192.0.2.1:1 of rule 'r1', which was gone",
            "Healed: corrected service TCP 192.0.2.1:2 of rule 'r2', which was different",
            "Healed: removed destination 10.0.0.9:80 of service TCP 192.0.2.1:2 of rule 'r2', which it does not have",
        ], _log.Of("Healed").Order(StringComparer.Ordinal));
        _ipvs.Flush();
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task Without_the_option_only_changes_touch_the_kernel()
    {
        await using var balancer = await OpenAsync(2, keeps: false);
        _ipvs.Flush();
        await AdvanceAsync(balancer, 10 * Interval);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task What_is_disposed_keeps_nothing()
    {
        var balancer = await OpenAsync(2);
        await balancer.DisposeAsync();
        _ipvs.Flush();
        var lists = _ipvs.DestinationReads;
        _time.Advance(10 * Interval);
        Assert.Equal(("", lists), (_ipvs.Text, _ipvs.DestinationReads));
    }

    [Fact]
    public async Task Between_intervals_the_kernel_is_not_looked_at()
    {
        await using var balancer = await OpenAsync(2);
        await AdvanceAsync(balancer, Interval);
        var reads = _ipvs.DestinationReads;
        await AdvanceAsync(balancer, Interval - TimeSpan.FromMilliseconds(1));
        Assert.Equal(reads, _ipvs.DestinationReads);
        await AdvanceAsync(balancer, TimeSpan.FromMilliseconds(1));
        Assert.Equal(reads + 2, _ipvs.DestinationReads);
    }

    [Fact]
    public async Task A_change_is_served_in_the_midst_of_an_audit_of_many()
    {
        await using var balancer = await OpenAsync(1000);
        var whole = _ipvs.Text;
        _ipvs.Flush();
        var found = 0;
        Task<ApplyResult>? change = null;
        var before = _log.All.Count;
        _ipvs.OnFind = _ =>
        {
            // From the loop itself: it is in the mailbox when the call returns.
            if (++found == 10)
                change = balancer.CreateServerGroupAsync(new ServerGroup { Name = "other" });
        };
        await AdvanceAsync(balancer, Interval, barriers: 30);
        Assert.NotNull(change);
        await change;
        // Saved when some were healed, and before all were.
        var lines = _log.All.Skip(before).ToArray();
        var saved = Array.FindIndex(lines, static line => line.EndsWith("saved, changes: 1", StringComparison.Ordinal));
        Assert.InRange(lines.Take(saved).Count(static line => line.StartsWith("Healed: added service", StringComparison.Ordinal)), 1, 999);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task What_the_kernel_refused_is_tried_again_after_ever_longer_times_until_it_succeeds()
    {
        await using var balancer = await OpenAsync(1);
        var tries = 0;
        _ipvs.Refuse = operation =>
        {
            if (operation is not IpvsOperation.AddService { Service.Key.Port: 80 })
                return 0;
            tries++;
            return 12;
        };
        Assert.False((await balancer.CreateRuleAsync(WebRule)).Converged);
        var (passed, last, gaps) = (TimeSpan.Zero, TimeSpan.Zero, new List<double>());
        while (gaps.Count < 9)
        {
            var before = tries;
            await AdvanceAsync(balancer, TimeSpan.FromMilliseconds(50));
            passed += TimeSpan.FromMilliseconds(50);
            if (tries == before)
                continue;
            gaps.Add((passed - last).TotalSeconds);
            last = passed;
        }

        Assert.All(gaps.Zip([1, 2, 4, 8, 16, 32, 60, 60, 60]), static pair => Assert.InRange(pair.First, pair.Second * 0.75, (pair.Second * 1.25) + 0.05));
        // What a change is about starts anew.
        Assert.False((await balancer.SetRuleAsync(new SetRule { Name = "web", Algorithm = Algorithm.LeastConnections })).Converged);
        _ipvs.Refuse = static _ => 0;
        await AdvanceAsync(balancer, TimeSpan.FromSeconds(1.25));
        Assert.Contains("TCP 192.0.2.1:80 lc", _ipvs.Text, StringComparison.Ordinal);
        Assert.Contains("Tried again, with success: add service TCP 192.0.2.1:80 (lc)", _log.Of("Tried again"));
    }

    [Fact]
    public async Task A_rule_that_fails_delays_no_other()
    {
        await using var balancer = await OpenAsync(2);
        var whole = _ipvs.Text;
        _ipvs.Refuse = static operation => operation is IpvsOperation.AddService { Service.Key.Port: 80 } ? 12 : 0;
        await balancer.CreateRuleAsync(WebRule);
        _ipvs.Flush();
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task A_service_of_somebody_else_in_the_place_of_ours_is_left_alone_and_named_once()
    {
        await using var balancer = await OpenAsync(1);
        _ipvs.Refuse = static operation => operation is IpvsOperation.AddService { Service.Key.Port: 80 } ? 17 : 0;
        await balancer.CreateRuleAsync(WebRule);
        Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(80), Scheduler = "sed" } });
        _ipvs.Refuse = static _ => 0;
        var whole = _ipvs.Text;
        for (var i = 0; i < 5; i++)
            await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
        Assert.Single(_log.All, static line => line.Contains("somebody else has made", StringComparison.Ordinal));
        Assert.Equal(KernelState.Foreign, (await balancer.GetStateAsync()).Rules[^1].Kernel);
        // Gone, its place is taken.
        Do(new IpvsOperation.RemoveService { Service = Key(80) });
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(KernelState.Complete, (await balancer.GetStateAsync()).Rules[^1].Kernel);
    }

    [Fact]
    public async Task A_kernel_that_does_not_answer_is_named_once_and_looked_at_again()
    {
        await using var balancer = await OpenAsync(2);
        var whole = _ipvs.Text;
        _ipvs.Flush();
        _ipvs.Broken = new IlbException(IlbErrorCode.Timeout, "a call hangs");
        for (var i = 0; i < 5; i++)
            await AdvanceAsync(balancer, Interval, barriers: 1);
        Assert.Single(_log.Of("Could not look"));
        _ipvs.Broken = null;
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
        Assert.Single(_log.Of("Could look at the kernel again"));
    }

    [Fact]
    public async Task A_start_on_a_kernel_that_cannot_be_used_yet_is_made_good()
    {
        await using (await OpenAsync(2))
        {
        }

        var whole = _ipvs.Text;
        _ipvs.Flush();
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "no ip_vs");
        await using var balancer = Open(keeps: true);
        await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync([]));
        _ipvs.Broken = null;
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Fact]
    public async Task An_edit_of_the_file_waits_for_the_reload_and_until_then_nothing_can_be_changed()
    {
        await using var balancer = await OpenAsync(2);
        var (whole, present) = (_ipvs.Text, await balancer.GetConfigurationAsync());
        var text = await EditAsync("\"ports\": 2,", "\"ports\": 2222,");
        foreach (var dryRun in (bool[])[true, false])
        {
            var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.DeleteRulesAsync(["r1"], new ApplyOptions { DryRun = dryRun }));
            Assert.Equal(IlbErrorCode.ConfigurationEdited, refused.Code);
        }

        await AdvanceAsync(balancer, Interval);
        Assert.Equal((whole, present, text), (_ipvs.Text, await balancer.GetConfigurationAsync(), await File.ReadAllTextAsync(_folder.ConfigurationPath)));
        var reloaded = await balancer.ReloadAsync();
        Assert.True(reloaded.Converged);
        Assert.Contains("TCP 192.0.2.1:2222 ", _ipvs.Text, StringComparison.Ordinal);
        await AdvanceAsync(balancer, Drain.Interval);
        await AdvanceAsync(balancer, Drain.Interval);
        Assert.DoesNotContain("TCP 192.0.2.1:2 ", _ipvs.Text, StringComparison.Ordinal);
        Assert.Equal(reloaded.Version, (await balancer.GetConfigurationAsync()).Version);
        Assert.Empty((await balancer.ReloadAsync()).Steps);
        whole = _ipvs.Text;
        _ipvs.Flush();
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
        await balancer.DeleteRulesAsync(["r1"]);
    }

    [Fact]
    public async Task An_edit_that_means_the_same_is_taken_too()
    {
        await using var balancer = await OpenAsync(2);
        await EditAsync("\"ports\": 2,", "\"ports\":     2,");
        var before = (await balancer.GetConfigurationAsync()).Version;
        Assert.NotEqual(before, (await balancer.ReloadAsync()).Version);
        await balancer.DeleteRulesAsync(["r1"]);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_not_taken_for_an_edit_that_deletes_everything()
    {
        await using var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true }, _ipvs);
        await balancer.ApplyAsync(Rules(2));
        var whole = _ipvs.Text;
        File.Delete(_folder.ConfigurationPath);
        foreach (var call in (Func<Task>[])[() => balancer.DeleteRulesAsync(["r1"]), () => balancer.ReloadAsync()])
            Assert.Contains("is gone", (await Assert.ThrowsAsync<IlbException>(call)).Message, StringComparison.Ordinal);
        Assert.Equal(whole, _ipvs.Text);
    }

    [Theory]
    [InlineData("\"ports\": 2,", "\"prots\": 2,", "prots")]
    [InlineData("\"ports\": 2,", "\"ports\": 1,", "overlaps")]
    [InlineData("\"ports\": 2,", "\"ports\": 2, \"connDrain\": \"1500ms\",", "conn-drain")]
    [InlineData("\"ports\": 2,", "\"ports\": 81,", "somebody else has made")]
    public async Task A_reload_that_is_refused_changes_nothing_and_says_why(string before, string after, string reason)
    {
        await using var balancer = await OpenAsync(2);
        Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(81), Scheduler = "sed" } });
        var (whole, present) = (_ipvs.Text, await balancer.GetConfigurationAsync());
        var text = await File.ReadAllTextAsync(_folder.ConfigurationPath);
        await EditAsync(before, after);
        Assert.Contains(reason, (await Assert.ThrowsAsync<IlbException>(() => balancer.ReloadAsync())).Message, StringComparison.Ordinal);
        await AdvanceAsync(balancer, Interval);
        Assert.Equal((whole, present), (_ipvs.Text, await balancer.GetConfigurationAsync()));
        Assert.Contains(reason, Assert.Single(_log.Of("Reload refused")), StringComparison.Ordinal);
        // Put back what was there, all is as before.
        await File.WriteAllTextAsync(_folder.ConfigurationPath, text);
        Assert.Empty((await balancer.ReloadAsync()).Steps);
        await balancer.DeleteRulesAsync(["r1"]);
    }

    [Fact]
    public async Task Notes_that_somebody_deleted_are_made_again()
    {
        await using var balancer = await OpenAsync(100);
        var whole = _ipvs.Text;
        Do(new IpvsOperation.RemoveService { Service = Key(7) });
        Directory.Delete(_folder.File("run"), recursive: true);
        await AdvanceAsync(balancer, Interval);
        Assert.Equal(whole, _ipvs.Text);
        Assert.All((await balancer.GetStateAsync()).Rules, static rule => Assert.Equal(KernelState.Complete, rule.Kernel));
    }

    [Fact]
    public void An_interval_below_a_second_is_refused_where_the_kernel_is_kept()
    {
        var options = new LoadBalancerOptions { AuditInterval = TimeSpan.FromSeconds(1), KeepsKernel = true };
        Assert.Empty(options.Validate());
        var error = Assert.Single((options with { AuditInterval = TimeSpan.FromMilliseconds(999) }).Validate());
        Assert.Equal(("auditInterval", "the audit interval is out of range, allowed is 1 second to 1 day"), (error.Path, error.Message));
    }

    [RandomWalk(15, 30)]
    public async Task Whatever_others_do_two_intervals_later_the_kernel_holds_what_is_wanted_and_theirs_is_as_it_was(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var ipvs = new InMemoryIpvs();
        Assert.True(ipvs.Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(9999), Scheduler = "sed" } }));
        Assert.True(ipvs.Do(new IpvsOperation.AddDestination { Service = Key(9999), Destination = new IpvsDestination { Address = IPAddress.Parse("10.0.0.7"), Port = 1 } }));
        await using var balancer = Open(folder, ipvs, keeps: true);
        await balancer.ApplyAsync(Rules(150));
        for (var i = 0; i < 5; i++)
        {
            if (random.Next(2) == 0)
                await balancer.SetRuleAsync(new SetRule { Name = $"r{random.Next(1, 150)}", Algorithm = (Algorithm)random.Next(4) });
            var whole = ipvs.Text;
            for (var n = random.Next(20); n > 0; n--)
                Disturb(ipvs, random);
            // Some of the putting right fails at first.
            var chance = random.Next(3);
            ipvs.Refuse = _ => random.Next(20) < chance ? 12 : 0;
            await AdvanceAsync(balancer, Interval, barriers: 10);
            ipvs.Refuse = static _ => 0;
            await AdvanceAsync(balancer, Interval, barriers: 10);
            Assert.Equal(whole, ipvs.Text);
        }
    }

    private async Task<string> EditAsync(string before, string after)
    {
        var text = (await File.ReadAllTextAsync(_folder.ConfigurationPath)).Replace(before, after, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, text);
        return text;
    }

    private static void Disturb(InMemoryIpvs ipvs, Random random)
    {
        var key = Key((ushort)random.Next(1, 151));
        var address = IPAddress.Parse($"10.0.0.{random.Next(1, 4)}");
        ipvs.Do(random.Next(5) switch
        {
            0 => new IpvsOperation.RemoveService { Service = key },
            1 => new IpvsOperation.UpdateService { Service = new IpvsService { Key = key, Scheduler = "sh" } },
            2 => new IpvsOperation.RemoveDestination { Service = key, Address = address, Port = 8080 },
            3 => new IpvsOperation.UpdateDestination { Service = key, Destination = new IpvsDestination { Address = address, Port = 8080, Weight = random.Next(5) } },
            _ => new IpvsOperation.AddDestination { Service = key, Destination = new IpvsDestination { Address = address, Port = 8081 } },
        });
    }

    private static ValueList<Change> Rules(int count) =>
        [new CreateServerGroup { ServerGroup = Web }, .. Enumerable.Range(1, count).Select(static port => new CreateRule { Rule = WebRule with { Name = $"r{port}", Ports = port } })];

    private static IpvsServiceKey Key(ushort port) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), port);

    private void Do(IpvsOperation operation) => Assert.True(_ipvs.Do(operation));

    // Lets time pass, and waits until the loop has come to its end: a call stands behind what it does, and it goes on behind the call.
    private async Task AdvanceAsync(LoadBalancer balancer, TimeSpan time, int barriers = 3)
    {
        _time.Advance(time);
        for (var i = 0; i < barriers; i++)
            _ = await Record.ExceptionAsync(() => balancer.ApplyAsync([], new ApplyOptions { DryRun = true }));
    }

    private async Task<LoadBalancer> OpenAsync(int rules, bool keeps = true)
    {
        var balancer = Open(keeps);
        Assert.True((await balancer.ApplyAsync(Rules(rules))).Converged);
        return balancer;
    }

    private LoadBalancer Open(bool keeps) => Open(_folder, _ipvs, keeps);

    private LoadBalancer Open(TemporaryFolder folder, InMemoryIpvs ipvs, bool keeps) => TestBalancer.Create(
        folder.Options with { ConfigurationPath = null, Store = new FileConfigurationStore(folder.ConfigurationPath), TimeProvider = _time, AuditInterval = Interval, KeepsKernel = keeps, LoggerFactory = _log }, ipvs);
}
