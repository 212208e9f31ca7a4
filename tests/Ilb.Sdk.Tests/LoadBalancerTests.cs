using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Moq;

namespace Ilb.Tests;

public sealed class LoadBalancerTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:8080") };
    private static readonly Rule WebRule = new() { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" };

    private const string WebText =
        """
        TCP 192.0.2.1:80 -> 10.0.0.1:8080 Masquerading 1 0 0
        TCP 192.0.2.1:80 -> 10.0.0.2:8080 Masquerading 1 0 0
        TCP 192.0.2.1:80 wrr None
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_rule_forwards_from_creation_to_deletion()
    {
        await using (var balancer = Open())
        {
            Assert.True((await balancer.CreateServerGroupAsync(Web)).Converged);
            Assert.Empty(_ipvs.Operations);
            var created = await balancer.CreateRuleAsync(WebRule);
            Assert.True(created.Converged);
            Assert.Equal(3, created.Steps.Count);
            Assert.Equal(WebText, _ipvs.Text);
        }

        await using (var balancer = Open())
        {
            var snapshot = await balancer.GetConfigurationAsync();
            Assert.Equal([WebRule], snapshot.Configuration.Rules);
            Assert.Equal(["remove service TCP 192.0.2.1:80"], (await balancer.DeleteRulesAsync(["web"])).Steps.Select(static step => step.ToString()));
            Assert.Equal("", _ipvs.Text);
            await balancer.DeleteServerGroupAsync("web");
            Assert.Equal(Configuration.Empty, (await balancer.GetConfigurationAsync()).Configuration);
        }
    }

    [Fact]
    public async Task A_change_of_one_server_sends_one_operation_and_reads_one_service()
    {
        await using var balancer = await OpenWithRule();
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "dns", Servers = ServerSpec.Parse("10.0.0.9") });
        // Many: of few, all are read.
        await balancer.ApplyAsync([.. Enumerable.Range(100, 100).Select(port => new CreateRule { Rule = WebRule with { Name = $"dns{port}", Ports = port, ServerGroup = "dns" } })]);
        var (operations, reads) = (_ipvs.Operations.Count, _ipvs.DestinationReads);
        await balancer.DisableServersAsync([ServerId.Parse("_web.0")]);
        Assert.IsType<IpvsOperation.UpdateDestination>(Assert.Single(_ipvs.Operations.Skip(operations)));
        Assert.Equal(reads + 1, _ipvs.DestinationReads);
        Assert.Contains("10.0.0.1:8080 Masquerading 0", _ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_come_and_go()
    {
        await using var balancer = await OpenWithRule();
        var added = await balancer.AddServersAsync("web", ServerSpec.Parse("10.0.0.3:8080"));
        Assert.Equal(2u, Assert.IsType<AddServers>(Assert.Single(added.Changes)).Servers[0].Number);
        await balancer.RemoveServersAsync("web", [ServerSelector.Parse("10.0.0.1"), ServerSelector.Parse("_web.1")]);
        Assert.Equal("TCP 192.0.2.1:80 -> 10.0.0.3:8080 Masquerading 1 0 0\nTCP 192.0.2.1:80 wrr None", _ipvs.Text);
    }

    [Fact]
    public async Task A_list_of_changes_is_applied_whole_or_not_at_all()
    {
        await using var balancer = await OpenWithRule();
        var before = Files();
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync(
        [
            new DisableRules { All = true },
            new DeleteServerGroup { Name = "x" },
            new CreateRule { Rule = WebRule },
        ]));
        Assert.Equal(["changes[1].name", "changes[2].rule.name"], refused.Errors.Select(static error => error.Path));
        Assert.Equal(before, Files());
        Assert.Equal(WebText, _ipvs.Text);
    }

    [Fact]
    public async Task A_dry_run_tells_the_steps_and_changes_nothing()
    {
        await using (var balancer = Open())
            await balancer.CreateServerGroupAsync(Web);
        var before = Files();
        await using var dry = Open();
        var result = await dry.CreateRuleAsync(WebRule, new ApplyOptions { DryRun = true });
        Assert.Equal(3, result.Steps.Count);
        Assert.False(result.Converged);
        Assert.Equal(before, Files());
        Assert.Equal("", _ipvs.Text);

        // Nor does it hold the instance.
        await using var other = Open(_folder.Options with { LockTimeout = TimeSpan.Zero });
        Assert.True((await other.CreateRuleAsync(WebRule)).Converged);
        Assert.True((await dry.ApplyAsync([], new ApplyOptions { DryRun = true })).Converged);
    }

    [Fact]
    public async Task A_version_that_is_not_the_present_one_is_refused()
    {
        await using var balancer = Open();
        var first = (await balancer.GetConfigurationAsync()).Version;
        var second = (await balancer.CreateServerGroupAsync(Web, new ApplyOptions { ExpectedVersion = first })).Version;
        Assert.NotEqual(first, second);
        Assert.Equal(second, (await balancer.GetConfigurationAsync()).Version);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(WebRule, new ApplyOptions { ExpectedVersion = first }));
        Assert.Equal(IlbErrorCode.VersionConflict, refused.Code);
    }

    [Fact]
    public async Task A_service_of_somebody_else_is_a_clash_that_changes_nothing()
    {
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = Service("192.0.2.1", 80) with { Scheduler = "lc" } }));
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = Service("192.0.2.9", 80) }));
        var foreign = _ipvs.Text;
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        var before = Files();
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateRuleAsync(WebRule));
        Assert.Equal(IlbErrorCode.ForeignService, refused.Code);
        Assert.Contains("rule 'web': the kernel already has a service TCP 192.0.2.1:80", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files());

        await balancer.CreateRuleAsync(WebRule with { Ports = 81 });
        await balancer.DeleteRulesAsync(["web"]);
        Assert.Equal(foreign, _ipvs.Text);
    }

    [Fact]
    public async Task A_clash_that_came_from_outside_is_a_step_that_fails_and_others_go_on()
    {
        await using var balancer = await OpenWithRule();
        await balancer.DisableRulesAsync(["web"]);
        Assert.True(_ipvs.Do(new IpvsOperation.AddService { Service = Service("192.0.2.1", 80) }));
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.EnableRulesAsync(["web"]));
        Assert.Equal(IlbErrorCode.ForeignService, refused.Code);

        _ipvs.Flush();
        await balancer.EnableRulesAsync(["web"]);
        Directory.Delete(_folder.File("run"), recursive: true);
        Assert.True(_ipvs.Do(new IpvsOperation.UpdateService { Service = Service("192.0.2.1", 80) with { Scheduler = "sed" } }));
        var result = await balancer.ApplyAsync([new CreateRule { Rule = WebRule with { Name = "other", Ports = 81 } }]);
        Assert.False(result.Converged);
        var clash = Assert.Single(result.Steps, static step => step.Failure is not null);
        Assert.Equal(("web", IlbErrorCode.ForeignService), (clash.Rule, clash.Failure!.Code));
        Assert.Contains("TCP 192.0.2.1:81 wrr", _ipvs.Text, StringComparison.Ordinal);
        Assert.Contains("TCP 192.0.2.1:80 sed", _ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_ours_is_adopted_when_the_memory_of_it_is_lost()
    {
        await using (var balancer = await OpenWithRule())
        {
        }

        foreach (var file in Directory.GetFiles(_folder.File("run"), "*.state"))
            File.Delete(file);
        await using var again = Open();
        var result = await again.ApplyAsync([]);
        Assert.Equal((true, StepAction.Adopt), (result.Converged, Assert.Single(result.Steps).Action));
        await again.DeleteRulesAsync(["web"]);
        Assert.Equal("", _ipvs.Text);
    }

    [Fact]
    public async Task An_outside_flush_is_healed_by_the_next_change()
    {
        await using var balancer = await OpenWithRule();
        _ipvs.Flush();
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "other" });
        Assert.Equal(WebText, _ipvs.Text);
    }

    [Fact]
    public async Task A_step_that_the_kernel_refuses_does_not_stop_the_others_and_is_tried_again()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        _ipvs.Refuse = static operation => operation is IpvsOperation.AddDestination { Destination.Address: var address } && address.ToString() == "10.0.0.1" ? 12 : 0;
        var result = await balancer.CreateRuleAsync(WebRule);
        Assert.False(result.Converged);
        var failed = Assert.Single(result.Steps, static step => step.Failure is not null);
        Assert.Equal(("destination 10.0.0.1:8080 of service TCP 192.0.2.1:80", 12), (failed.Subject, failed.Failure!.Errno));
        Assert.Equal([WebRule], (await balancer.GetConfigurationAsync()).Configuration.Rules);
        Assert.Contains("10.0.0.2", _ipvs.Text, StringComparison.Ordinal);

        Assert.False((await balancer.CreateServerGroupAsync(new ServerGroup { Name = "other" })).Converged);
        _ipvs.Refuse = static _ => 0;
        Assert.True((await balancer.ApplyAsync([])).Converged);
        Assert.Equal(WebText, _ipvs.Text);
    }

    [Fact]
    public async Task A_service_that_could_not_be_added_is_not_ours()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        // Somebody else is faster, between our look and our step.
        _ipvs.Refuse = operation => operation is IpvsOperation.AddService && _ipvs.Do(new IpvsOperation.AddService { Service = Service("192.0.2.1", 80) with { Scheduler = "nq" } }) ? 17 : 0;
        Assert.False((await balancer.CreateRuleAsync(WebRule)).Converged);
        _ipvs.Refuse = static _ => 0;
        await balancer.DeleteRulesAsync(["web"]);
        Assert.Contains("TCP 192.0.2.1:80 nq", _ipvs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_IPVS_groups_and_disabled_rules_still_work()
    {
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no IPVS");
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        await balancer.CreateRuleAsync(WebRule with { Enabled = false });
        var before = Files();
        Assert.Equal(IlbErrorCode.KernelUnavailable, (await Assert.ThrowsAsync<IlbException>(() => balancer.EnableRulesAsync(["web"]))).Code);
        Assert.Equal(before, Files());
        Assert.Equal(KernelState.Absent, Assert.Single((await balancer.GetStateAsync()).Rules).Kernel);
    }

    [Fact]
    public async Task A_connection_to_the_kernel_that_breaks_leaves_the_rest_to_the_next_change()
    {
        await using var balancer = Open();
        await balancer.CreateServerGroupAsync(Web);
        _ipvs.Refuse = static _ => throw new IlbException(IlbErrorCode.Timeout, "no answer");
        var result = await balancer.CreateRuleAsync(WebRule);
        Assert.All(result.Steps, static step => Assert.Equal((IlbErrorCode.Timeout, true), (step.Failure!.Code, step.Failure.IsTransient)));
        _ipvs.Refuse = static _ => 0;
        Assert.True((await balancer.ApplyAsync([])).Converged);
        Assert.Equal(WebText, _ipvs.Text);
    }

    [Fact]
    public async Task An_instance_has_one_engine_at_a_time()
    {
        await using var holder = await OpenWithRule();
        await using var other = Open(_folder.Options with { LockTimeout = TimeSpan.FromMilliseconds(50) });
        var refused = await Assert.ThrowsAsync<IlbException>(() => other.DisableRulesAsync(["web"]));
        Assert.Equal((IlbErrorCode.Locked, true), (refused.Code, refused.IsTransient));
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);

        // Reading is free, and so is another instance.
        Assert.Single((await other.GetConfigurationAsync()).Configuration.Rules);
        await using var second = Open(_folder.Options with { Instance = "two", ConfigurationPath = _folder.File("two.json"), LockTimeout = TimeSpan.Zero });
        Assert.True((await second.CreateServerGroupAsync(Web)).Converged);
    }

    [Fact]
    public async Task Many_changes_at_once_are_all_kept()
    {
        await Parallel.ForAsync(0, 8, async (engine, cancellationToken) =>
        {
            for (var i = 0; i < 6; i++)
            {
                await using var balancer = Open(_folder.Options with { LockTimeout = TimeSpan.FromMinutes(1) });
                await balancer.ApplyAsync(
                [
                    new CreateServerGroup { ServerGroup = new ServerGroup { Name = $"g{engine}.{i}", Servers = ServerSpec.Parse("10.0.0.1") } },
                    new CreateRule { Rule = WebRule with { Name = $"r{engine}.{i}", Ports = 1000 + (100 * engine) + i, ServerGroup = $"g{engine}.{i}" } },
                ], null, cancellationToken);
            }
        });
        await using var reader = Open();
        Assert.Equal(48, (await reader.GetConfigurationAsync()).Configuration.Rules.Count);
        Assert.Equal(48, _ipvs.Text.Split('\n').Count(static line => line.EndsWith("wrr None", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_file_that_a_person_edited_is_taken_and_put_into_the_kernel()
    {
        await using var balancer = await OpenWithRule();
        await File.WriteAllTextAsync(_folder.ConfigurationPath, (await File.ReadAllTextAsync(_folder.ConfigurationPath)).Replace("10.0.0.2", "10.0.0.7", StringComparison.Ordinal));
        await balancer.ApplyAsync([]);
        Assert.Equal(WebText.Replace("10.0.0.2", "10.0.0.7", StringComparison.Ordinal), _ipvs.Text);
    }

    [Fact]
    public async Task A_file_that_makes_no_sense_is_left_alone()
    {
        await using var balancer = await OpenWithRule();
        var damaged = (await File.ReadAllTextAsync(_folder.ConfigurationPath)).Replace("\"vip\"", "\"vop\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, damaged);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.DisableRulesAsync(["web"]));
        Assert.Equal(IlbErrorCode.ConfigurationDamaged, refused.Code);
        Assert.StartsWith($"{_folder.ConfigurationPath}:", refused.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllTextAsync(_folder.ConfigurationPath));
        Assert.Equal(WebText, _ipvs.Text);
    }

    [Fact]
    public async Task What_this_version_cannot_do_is_refused_also_from_a_file_but_can_be_deleted()
    {
        await using var balancer = await OpenWithRule();
        await File.WriteAllTextAsync(_folder.ConfigurationPath, (await File.ReadAllTextAsync(_folder.ConfigurationPath)).Replace("\"failoverGroups\": []", "\"failoverGroups\": [{ \"name\": \"f\", \"vrid\": 51, \"interface\": \"eth0\", \"vips\": [\"192.0.2.1\"] }]", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateServerGroupAsync(new ServerGroup { Name = "other" }));
        Assert.Equal((IlbErrorCode.NotSupported, $"{_folder.ConfigurationPath}: failover group 'f': a failover group is not supported by this version"), (refused.Code, refused.Message));
        Assert.True((await balancer.ApplyAsync(new DeleteFailoverGroups { Names = ["f"] })).Converged);
        Assert.Equal(WebText, _ipvs.Text);
    }

    [Fact]
    public async Task A_change_that_this_version_cannot_do_is_refused_and_nothing_is_saved()
    {
        await using var balancer = Open();
        Change[] changes =
        [
            new CreateFailoverGroup { FailoverGroup = new FailoverGroup { Name = "f", VirtualRouterId = 51, Interface = "eth0", Addresses = [VirtualAddress.Parse("192.0.2.1")] } },
        ];
        foreach (var change in changes)
        {
            var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync([change]));
            Assert.Equal(IlbErrorCode.NotSupported, refused.Code);
        }

        Assert.False(File.Exists(_folder.ConfigurationPath));
    }

    [Fact]
    public async Task Host_names_are_looked_up_once_and_their_address_is_kept()
    {
        await using var balancer = TestBalancer.Create(_folder.Options, _ipvs, new Dictionary<string, ValueList<IPAddress>> { ["web.example"] = [IPAddress.Parse("10.0.0.7")] });
        await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("web.example:8080") });
        var server = (await balancer.GetConfigurationAsync()).Configuration.ServerGroups[0].Servers[0];
        Assert.Equal(("10.0.0.7", "web.example"), (server.Address!.ToString(), server.Host));
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.AddServersAsync("web", ServerSpec.Parse("gone.example")));
        Assert.Equal((IlbErrorCode.HostNotFound, "host 'gone.example' has no IPv4 address"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task A_host_name_that_no_resolver_takes_is_a_host_that_is_not_found()
    {
        await using var balancer = LoadBalancer.Create(_folder.Options, _ipvs, new InMemorySurroundings());
        var server = new Server { Host = new string('a', 300) };
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = [server] }));
        Assert.Equal(IlbErrorCode.HostNotFound, refused.Code);
    }

    [Fact]
    public async Task A_resolver_that_fails_is_told_with_the_host()
    {
        var resolver = new Mock<IHostResolver>();
        resolver.Setup(static resolver => resolver.ResolveAsync("web.example", It.IsAny<CancellationToken>())).ThrowsAsync(new InvalidOperationException("out of order"));
        await using var balancer = LoadBalancer.Create(_folder.Options, _ipvs, new InMemorySurroundings(), resolver.Object);
        var refused = await Assert.ThrowsAsync<IlbException>(() => balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("web.example") }));
        Assert.Equal((IlbErrorCode.HostNotFound, "cannot look up host 'web.example': out of order"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task The_state_tells_what_the_kernel_holds()
    {
        await using var balancer = await OpenWithRule();
        _ipvs.Connections = static _ => (7, 8);
        await balancer.DisableServersAsync([ServerId.Parse("_web.1")]);
        var rule = Assert.Single((await balancer.GetStateAsync()).Rules);
        Assert.Equal((AdministrativeState.Enabled, KernelState.Complete), (rule.Administration, rule.Kernel));
        Assert.Equal([("_web.0", AdministrativeState.Enabled, 1), ("_web.1", AdministrativeState.Disabled, 0)],
            rule.Servers.Select(static server => (server.Server.ToString(), server.Administration, server.EffectiveWeight!.Value)));
        Assert.Equal((7L, 8L), (rule.Servers[0].ActiveConnections!.Value, rule.Servers[0].InactiveConnections!.Value));

        Assert.True(_ipvs.Do(new IpvsOperation.UpdateService { Service = Service("192.0.2.1", 80) with { Scheduler = "nq" } }));
        Assert.Equal(KernelState.Different, (await balancer.GetStateAsync()).Rules[0].Kernel);
        Directory.Delete(_folder.File("run"), recursive: true);
        Assert.Equal(KernelState.Foreign, (await balancer.GetStateAsync()).Rules[0].Kernel);
        _ipvs.Flush();
        Assert.Equal(KernelState.Missing, (await balancer.GetStateAsync()).Rules[0].Kernel);
    }

    [Fact]
    public void Wrong_options_are_all_told()
    {
        var refused = Assert.Throws<IlbException>(static () => LoadBalancer.Create(new LoadBalancerOptions { Instance = "../x", ConfigurationPath = "", RuntimeDirectory = "", NetworkNamespace = "", LockTimeout = TimeSpan.FromSeconds(-1) }));
        Assert.Equal(["instance", "configurationPath", "runtimeDirectory", "networkNamespace", "lockTimeout"], refused.Errors.Select(static error => error.Path));
    }

    [Fact]
    public async Task A_disposed_balancer_says_so_and_disposes_what_it_holds()
    {
        var balancer = await OpenWithRule();
        await balancer.DisposeAsync();
        await balancer.DisposeAsync();
        Assert.Equal(1, _ipvs.Disposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.GetConfigurationAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.ApplyAsync([]));
        await using var next = Open(_folder.Options with { LockTimeout = TimeSpan.Zero });
        Assert.True((await next.DisableRulesAsync(["web"])).Converged);
    }

    [Fact]
    public async Task A_network_namespace_that_does_not_exist_is_refused()
    {
        await using var balancer = Open(_folder.Options with { NetworkNamespace = "/run/netns/none" });
        Assert.Equal(IlbErrorCode.InvalidArgument, (await Assert.ThrowsAsync<IlbException>(() => balancer.ApplyAsync([]))).Code);
    }

    private LoadBalancer Open(LoadBalancerOptions? options = null) => TestBalancer.Create(options ?? _folder.Options, _ipvs);

    private async Task<LoadBalancer> OpenWithRule()
    {
        var balancer = Open();
        await balancer.ApplyAsync([new CreateServerGroup { ServerGroup = Web }, new CreateRule { Rule = WebRule }]);
        Assert.Equal(WebText, _ipvs.Text);
        return balancer;
    }

    private static IpvsService Service(string address, ushort port) => new() { Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse(address), port) };

    /// <summary>All files but the lock, with their content.</summary>
    private string Files() => string.Join('\n', Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(static file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(static file => $"{file}: {File.ReadAllText(file)}"));
}
