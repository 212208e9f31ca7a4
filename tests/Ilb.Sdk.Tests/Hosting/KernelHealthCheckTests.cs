using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Moq;
using Status = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace Ilb.Tests.Hosting;

/// <summary>What the health check of a host says about a load balancer.</summary>
public sealed class KernelHealthCheckTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly GatedStore _store = new();
    private readonly ServiceProvider _services;
    private readonly LoadBalancer _balancer;

    public KernelHealthCheckTests()
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<LoadBalancerFactory>(options => TestBalancer.Create(options, _ipvs));
        services.AddIlb(options => (options.Store, options.RuntimeDirectory) = (_store, _folder.File("run")));
        services.AddHealthChecks().AddIlb();
        _services = services.BuildServiceProvider();
        _balancer = _services.GetRequiredService<LoadBalancer>();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_kernel_that_holds_every_enabled_rule_is_healthy()
    {
        Says(Status.Healthy, "the kernel holds 0 enabled rules", await CheckAsync());
        await _balancer.ApplyAsync(Rules(2));
        Says(Status.Healthy, "the kernel holds 2 enabled rules", await CheckAsync());
        await _balancer.DisableRulesAsync(["r2"]);
        Says(Status.Healthy, "the kernel holds 1 enabled rule", await CheckAsync());
    }

    [Fact]
    public async Task Rules_that_the_kernel_does_not_hold_degrade_it_and_are_named_with_their_states()
    {
        await _balancer.ApplyAsync(Rules(3));
        _ipvs.Refuse = static operation => operation is IpvsOperation.AddService { Service.Key.Port: 80 } ? 17 : 0;
        await _balancer.CreateRuleAsync(Rule(80));
        Do(new IpvsOperation.AddService { Service = new IpvsService { Key = Key(80), Scheduler = "sed" } });
        Do(new IpvsOperation.RemoveService { Service = Key(1) });
        Do(new IpvsOperation.RemoveDestination { Service = Key(2), Address = IPAddress.Parse("10.0.0.1"), Port = 8080 });
        var result = await CheckAsync();
        Says(Status.Degraded, "of 4 enabled rules the kernel does not hold 3: 'r1' (Missing), 'r2' (Different), 'r80' (Foreign)", result);
        Assert.Equal([("r1", KernelState.Missing), ("r2", KernelState.Different), ("r80", KernelState.Foreign)], result.Data.Select(static pair => (pair.Key, (KernelState)pair.Value)).Order());
    }

    [Fact]
    public async Task Of_many_rules_the_first_are_named_and_all_are_in_the_data()
    {
        await _balancer.ApplyAsync(Rules(50));
        _ipvs.Flush();
        var result = await CheckAsync();
        Says(Status.Degraded, "of 50 enabled rules the kernel does not hold 50: 'r1' (Missing), 'r2' (Missing), 'r3' (Missing), 47 more", result);
        Assert.Equal(50, result.Data.Count);
    }

    [Fact]
    public async Task A_kernel_that_cannot_be_read_is_unhealthy_with_the_reason()
    {
        await _balancer.ApplyAsync(Rules(1));
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no ip_vs");
        var result = await CheckAsync();
        Says(Status.Unhealthy, "the kernel has no ip_vs", result);
        Assert.Same(_ipvs.Broken, result.Exception);
        _ipvs.Broken = null;
        Says(Status.Healthy, "the kernel holds 1 enabled rule", await CheckAsync());
    }

    [Fact]
    public async Task A_load_balancer_that_hangs_is_unhealthy_after_the_timeout()
    {
        var entered = _store.Close();
        var change = _balancer.ApplyAsync(Rules(1));
        await entered;
        var check = CheckAsync();
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.False(check.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Says(Status.Unhealthy, "the load balancer has not responded for 10 s", await check);
        _store.Open();
        await change;
        Says(Status.Healthy, "the kernel holds 1 enabled rule", await CheckAsync());
    }

    [Fact]
    public async Task A_check_that_is_cancelled_says_nothing()
    {
        var entered = _store.Close();
        var change = _balancer.ApplyAsync(Rules(1));
        await entered;
        using var cancellation = new CancellationTokenSource();
        var check = CheckAsync(cancellation: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        _store.Open();
        await change;
    }

    [Fact]
    public async Task A_load_balancer_that_is_disposed_is_unhealthy()
    {
        await _balancer.DisposeAsync();
        Assert.Equal(Status.Unhealthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task It_runs_among_the_health_checks_of_a_host_with_what_was_asked_for()
    {
        var edge = new Mock<ILoadBalancer>();
        edge.Setup(static it => it.GetStateAsync(It.IsAny<CancellationToken>())).ThrowsAsync(new IlbException(IlbErrorCode.Timeout, "a call hangs"));
        var services = new ServiceCollection();
        services.AddSingleton(edge.Object).AddKeyedSingleton("edge", edge.Object).AddLogging();
        services.AddHealthChecks().AddIlb().AddIlb(key: "edge", failureStatus: Status.Degraded, tags: ["ready"]).AddIlb("again", "edge");
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(
            [("again", Status.Unhealthy, ""), ("ilb", Status.Unhealthy, ""), ("ilb-edge", Status.Degraded, "ready")],
            report.Entries.Select(static entry => (entry.Key, entry.Value.Status, string.Join(',', entry.Value.Tags))).Order());
        Assert.All(report.Entries.Values, static entry => Assert.Equal("a call hangs", entry.Description));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_timeout_must_be_more_than_zero(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>("timeout", () => new ServiceCollection().AddHealthChecks().AddIlb(timeout: TimeSpan.FromSeconds(seconds)));

    private static void Says(Status status, string description, HealthCheckResult result) => Assert.Equal((status, description), (result.Status, result.Description));

    private static Rule Rule(int port) => new() { Name = $"r{port}", Vip = IPAddress.Parse("192.0.2.1"), Ports = port, Topology = Topology.HalfNat, ServerGroup = "web" };

    private static ValueList<Change> Rules(int count) =>
        [new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:8080") } }, .. Enumerable.Range(1, count).Select(static port => new CreateRule { Rule = Rule(port) })];

    private static IpvsServiceKey Key(ushort port) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), port);

    private void Do(IpvsOperation operation) => Assert.True(_ipvs.Do(operation));

    // Without the service that runs the checks of a host, which runs them on threads of its own.
    private Task<HealthCheckResult> CheckAsync(CancellationToken cancellation = default)
    {
        var registration = _services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Single();
        return registration.Factory(_services).CheckHealthAsync(new HealthCheckContext { Registration = registration }, cancellation);
    }
}
