using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace Ilb.Tests.Hosting;

/// <summary>A load balancer inside a product's host.</summary>
public sealed class HostingTests : IDisposable
{
    private const string Forwarded = "TCP 192.0.2.1:80 -> 10.0.0.1:8080 Masquerading 1 0 0\nTCP 192.0.2.1:80 wrr None";

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
    public async Task Wrong_options_fail_the_start_and_all_of_them_are_named()
    {
        using var host = Build(services => services.AddIlb(options =>
        {
            options.Instance = "a b";
            options.RuntimeDirectory = "";
            options.AuditInterval = TimeSpan.Zero;
        }).AddKeyedIlb("edge", static options => options.ConfigurationPath = ""));
        var refused = await Assert.ThrowsAsync<AggregateException>(() => host.StartAsync());
        Assert.Equal(
        [
            "LoadBalancerOptions.Instance: instance 'a b': a name has up to 63 letters, digits, '.', '_' and '-', and starts with a letter or digit",
            "LoadBalancerOptions.RuntimeDirectory: the path of the runtime directory is empty",
            "LoadBalancerOptions.AuditInterval: the audit interval is out of range, allowed is 1 second to 1 day",
            "LoadBalancerOptions.ConfigurationPath of load balancer 'edge': the path of the configuration is empty",
        ], refused.InnerExceptions.Cast<OptionsValidationException>().SelectMany(static refusal => refusal.Failures));
        Assert.Equal(0, _ipvs.Lists);
    }

    [Fact]
    public async Task The_kernel_holds_the_configuration_before_any_service_starts_and_after_the_host_has_stopped()
    {
        await SaveAsync();
        var seen = new Stages(_ipvs);
        using (var host = Build(services => services.AddSingleton<IHostedService>(seen).AddIlb(Here)))
        {
            await host.StartAsync();
            Assert.Equal(Forwarded, seen.AtStart);
            await host.StopAsync();
        }

        Assert.Equal(Forwarded, _ipvs.Text);
        Assert.Equal(1, _ipvs.Disposed);
    }

    [Fact]
    public async Task In_a_host_the_kernel_is_kept_by_the_hosts_clock_and_what_was_done_is_in_its_log()
    {
        await SaveAsync();
        using var host = Build(services => services.AddIlb(Here));
        await host.StartAsync();
        _ipvs.Flush();
        await AdvanceAsync(host, TimeSpan.FromSeconds(10));
        Assert.Equal(Forwarded, _ipvs.Text);
        Assert.Equal(["Healed: added service TCP 192.0.2.1:80 of rule 'web', which was gone"], _log.Of("Healed"));
    }

    [Fact]
    public async Task Without_a_clock_and_a_log_among_the_services_those_of_the_options_stay()
    {
        var services = new ServiceCollection().AddIlb();
        services.AddSingleton<LoadBalancerFactory>(options => TestBalancer.Create(options, _ipvs));
        await using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<LoadBalancerOptions>>().CurrentValue;
        Assert.Equal((TimeProvider.System, true, "ilb"), (options.TimeProvider, options.KeepsKernel, options.Instance));
        Assert.NotNull(provider.GetRequiredService<ILoadBalancer>());
    }

    [Fact]
    public async Task What_a_product_configures_counts_wherever_it_does()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([new("Ilb:AuditInterval", "00:00:30"), new("Ilb:Instance", "shop")]).Build().GetSection("Ilb");
        var services = new ServiceCollection().Configure<LoadBalancerOptions>(static options => options.KeepsKernel = false).AddIlb(section.Bind).AddIlb(static options => options.ConfigurationPath = "x.json");
        services.AddOptions<LoadBalancerOptions>("edge").Configure<IConfigurationStore>(static (options, store) => options.Store = store);
        services.AddSingleton<IConfigurationStore>(new GatedStore()).AddKeyedIlb("edge").AddKeyedIlb("no name");
        await using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<LoadBalancerOptions>>();
        Assert.Equal((false, "shop", TimeSpan.FromSeconds(30), "x.json"), (options.CurrentValue.KeepsKernel, options.CurrentValue.Instance, options.CurrentValue.AuditInterval, options.CurrentValue.ConfigurationPath));
        Assert.Equal((true, "edge", true), (options.Get("edge").KeepsKernel, options.Get("edge").Instance, options.Get("edge").Store is GatedStore));
        // A key that is no name leaves the instance's alone.
        Assert.Equal("ilb", options.Get("no name").Instance);
    }

    [Fact]
    public async Task Added_again_it_is_the_same_load_balancer()
    {
        var services = new ServiceCollection().AddIlb(Here).AddIlb().AddKeyedIlb("edge").AddKeyedIlb("edge", Here);
        services.AddSingleton<LoadBalancerFactory>(options => TestBalancer.Create(options, _ipvs));
        await using var provider = services.BuildServiceProvider();
        Assert.Equal(2, provider.GetServices<IHostedService>().Count());
        Assert.Same(provider.GetRequiredService<LoadBalancer>(), provider.GetRequiredService<ILoadBalancer>());
        Assert.Same(provider.GetRequiredKeyedService<LoadBalancer>("edge"), provider.GetRequiredKeyedService<ILoadBalancer>("edge"));
        Assert.NotSame(provider.GetRequiredService<LoadBalancer>(), provider.GetRequiredKeyedService<LoadBalancer>("edge"));
    }

    [Fact]
    public async Task Two_with_keys_are_independent_of_each_other()
    {
        using var other = new TemporaryFolder();
        var kernels = new Dictionary<string, InMemoryIpvs> { ["one"] = _ipvs, ["two"] = new() };
        await SaveAsync();
        using (var host = Build(services => services.AddKeyedIlb("one", Here).AddKeyedIlb("two", options => (options.ConfigurationPath, options.RuntimeDirectory) = (other.ConfigurationPath, other.File("run"))), kernels))
        {
            await host.StartAsync();
            Assert.Equal((Forwarded, ""), (_ipvs.Text, kernels["two"].Text));
            var two = host.Services.GetRequiredKeyedService<ILoadBalancer>("two");
            await two.ReplaceAllAsync(Configured);
            await host.Services.GetRequiredKeyedService<ILoadBalancer>("one").DeleteRulesAsync(["web"]);
            Assert.Equal((Forwarded.Replace(" Masquerading 1 ", " Masquerading 0 ", StringComparison.Ordinal), Forwarded), (_ipvs.Text, kernels["two"].Text));
            await host.StopAsync();
        }

        Assert.Equal((1, 1), (_ipvs.Disposed, kernels["two"].Disposed));
    }

    [Fact]
    public async Task A_kernel_that_cannot_be_used_yet_is_told_and_made_good()
    {
        await SaveAsync();
        using var host = Build(services => services.AddKeyedIlb("edge", options =>
        {
            Here(options);
            options.Instance = "ilb";
        }));
        _ipvs.Broken = new IlbException(IlbErrorCode.KernelUnavailable, "the kernel has no ip_vs");
        await host.StartAsync();
        Assert.Equal(["Load balancer 'edge' could not put its configuration into the kernel at the start: the kernel has no ip_vs; tried again and again"], _log.Of("Load balancer"));
        _ipvs.Broken = null;
        await AdvanceAsync(host, TimeSpan.FromSeconds(10), "edge");
        Assert.Equal(Forwarded, _ipvs.Text);
    }

    [Fact]
    public async Task A_step_that_the_kernel_refuses_does_not_fail_the_start_and_is_tried_again()
    {
        await SaveAsync();
        using var host = Build(services => services.AddIlb(Here));
        _ipvs.Refuse = static _ => 12;
        await host.StartAsync();
        Assert.Equal("", _ipvs.Text);
        Assert.NotEmpty(_log.Of("Could not add service TCP 192.0.2.1:80"));
        _ipvs.Refuse = static _ => 0;
        await AdvanceAsync(host, TimeSpan.FromSeconds(1.25));
        Assert.Equal(Forwarded, _ipvs.Text);
    }

    [Fact]
    public async Task A_damaged_configuration_fails_the_start_says_where_and_leaves_the_kernel_as_it_is()
    {
        await SaveAsync();
        using (var before = Build(services => services.AddIlb(Here)))
            await before.StartAsync();
        await File.WriteAllTextAsync(_folder.ConfigurationPath, "{ \"format\": 1,\n  \"rules\": [ { ] }");
        using var host = Build(services => services.AddIlb(Here));
        var refused = await Assert.ThrowsAsync<IlbException>(() => host.StartAsync());
        Assert.Equal(IlbErrorCode.ConfigurationDamaged, refused.Code);
        Assert.StartsWith($"{_folder.ConfigurationPath}:2: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Forwarded, _ipvs.Text);
    }

    [Fact]
    public async Task An_instance_that_somebody_else_holds_fails_the_start_and_names_the_holder()
    {
        await SaveAsync();
        await using var holder = TestBalancer.Create(_folder.Options, _ipvs);
        await holder.ApplyAsync([]);
        using var host = Build(services => services.AddIlb(options =>
        {
            Here(options);
            options.LockTimeout = TimeSpan.Zero;
        }));
        var refused = await Assert.ThrowsAsync<IlbException>(() => host.StartAsync());
        Assert.Equal(IlbErrorCode.Locked, refused.Code);
        Assert.Contains($"is held by process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IlbErrorCode.PermissionDenied, true)]
    [InlineData(IlbErrorCode.KernelUnavailable, false)]
    public async Task What_nobody_would_try_again_with_success_fails_the_start(IlbErrorCode code, bool keeps)
    {
        await SaveAsync();
        _ipvs.Broken = new IlbException(code, "needs more than there is");
        using var host = Build(services => services.AddIlb(options =>
        {
            Here(options);
            options.KeepsKernel = keeps;
        }));
        Assert.Same(_ipvs.Broken, await Assert.ThrowsAsync<IlbException>(() => host.StartAsync()));
    }

    [Fact]
    public async Task A_product_that_ends_for_good_withdraws_from_the_kernel_where_a_service_of_its_own_stops()
    {
        await SaveAsync();
        using var host = Build(services => services.AddHostedService<Farewell>().AddIlb(Here));
        await host.StartAsync();
        Assert.Equal(Forwarded, _ipvs.Text);
        await host.StopAsync();
        Assert.Equal("", _ipvs.Text);
        Assert.Equal(Configured.Rules[0].Name, (await host.Services.GetRequiredService<ILoadBalancer>().GetConfigurationAsync()).Configuration.Rules[0].Name);
    }

    [Fact]
    public async Task A_load_balancer_of_the_products_own_takes_the_place()
    {
        var own = new Mock<ILoadBalancer>();
        own.Setup(static it => it.ApplyAsync(It.Is<IReadOnlyList<Change>>(static changes => changes.Count == 0), null, It.IsAny<CancellationToken>()))
            .ReturnsAsync(new ApplyResult { Version = "1", Changes = [], Steps = [], Converged = true });
        using var host = Build(services => services.AddSingleton(own.Object).AddIlb());
        await host.StartAsync();
        own.Verify(static it => it.ApplyAsync(It.IsAny<IReadOnlyList<Change>>(), null, It.IsAny<CancellationToken>()), Times.Once);
        Assert.Equal(0, _ipvs.Lists);
    }

    [Fact]
    public void A_key_that_is_empty_is_refused() => Assert.Throws<ArgumentException>(static () => new ServiceCollection().AddKeyedIlb(""));

    private static Configuration Configured { get; } = new()
    {
        ServerGroups = [new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1:8080") }],
        Rules = [new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" }],
    };

    private void Here(LoadBalancerOptions options) => (options.ConfigurationPath, options.RuntimeDirectory) = (_folder.ConfigurationPath, _folder.File("run"));

    private Task SaveAsync() => File.WriteAllBytesAsync(_folder.ConfigurationPath, IlbJson.Serialize(Configured));

    // As a host of a product, only with this clock, this log, and this instead of the kernel.
    private IHost Build(Action<IServiceCollection> add, Dictionary<string, InMemoryIpvs>? kernels = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        add(builder.Services);
        builder.Services.AddSingleton<ILoggerFactory>(_log).AddSingleton<TimeProvider>(_time);
        builder.Services.AddSingleton<LoadBalancerFactory>(options => TestBalancer.Create(options, kernels?[options.Instance] ?? _ipvs));
        return builder.Build();
    }

    private async Task AdvanceAsync(IHost host, TimeSpan time, string? key = null)
    {
        var balancer = host.Services.GetRequiredKeyedService<LoadBalancer>(key);
        _time.Advance(time);
        for (var i = 0; i < 3; i++)
            await balancer.RespondAsync();
    }

    private sealed class Stages(InMemoryIpvs ipvs) : IHostedService
    {
        public string? AtStart { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            AtStart = ipvs.Text;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Farewell(LoadBalancer balancer) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => balancer.WithdrawAsync(cancellationToken);
    }
}
