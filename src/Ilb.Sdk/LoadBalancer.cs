using System.Net;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>A load balancer in this process: it keeps the configuration and puts it into the kernel's IPVS.</summary>
/// <remarks>
/// From its first change on it holds the instance's lock, until it is disposed; reading takes no lock and needs neither the kernel (except <see cref="GetStateAsync"/>) nor root.
/// Changes need root, or <c>CAP_NET_ADMIN</c> and the right to write the files named in the options.
/// </remarks>
/// <example><code>
/// await using var balancer = LoadBalancer.Create();
/// await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.11-10.0.0.14:8080") });
/// await balancer.CreateRuleAsync(new Rule
/// {
///     Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web",
/// });
/// </code></example>
public sealed class LoadBalancer : ILoadBalancer
{
    private readonly LoadBalancerOptions _options;
    private readonly IConfigurationStore _store;
    private readonly string _source;
    private readonly IForwarder _forwarder;
    private readonly IHostResolver _resolver;
    private readonly Instance _instance;
    private readonly Engine _engine;
    private bool _disposed;

    private LoadBalancer(LoadBalancerOptions options, IConfigurationStore store, string source, IForwarder forwarder, IHostResolver resolver, Random random)
    {
        _options = options;
        _store = store;
        _source = source;
        _forwarder = forwarder;
        _resolver = resolver;
        _instance = new Instance(options);
        _engine = new Engine(options, store, source, forwarder, _instance, options.LoggerFactory.CreateLogger("Ilb"), random);
    }

    /// <summary>Makes a load balancer; nothing is opened yet.</summary>
    /// <param name="options">Instance and files; null = those of <c>ilbadm</c>.</param>
    /// <exception cref="IlbException">The options are wrong; all reasons are told.</exception>
    public static LoadBalancer Create(LoadBalancerOptions? options = null)
    {
        options ??= new LoadBalancerOptions();
        return Create(options, new IpvsForwarder(new IpvsClient(new NetlinkOptions
        {
            NetworkNamespace = options.NetworkNamespace,
            TimeProvider = options.TimeProvider,
        })));
    }

    internal static LoadBalancer Create(LoadBalancerOptions options, IForwarder forwarder, IHostResolver? resolver = null, Random? random = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new IlbException(errors);
        var path = Path.GetFullPath(options.ConfigurationPath ?? $"/var/lib/ilb/{options.Instance}.json");
        var store = options.Store ?? new FileConfigurationStore(path, new LinuxFileSystem(), options.TimeProvider);
        // One line of the runtime state, so without control characters.
        var source = options.Store?.GetType().FullName ?? string.Concat(path.Select(static c => char.IsControl(c) ? '?' : c));
        return new LoadBalancer(options, store, source, forwarder, resolver ?? new SystemHostResolver(), random ?? new Random());
    }

    /// <inheritdoc/>
    public async Task<ConfigurationSnapshot> GetConfigurationAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var present = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        // Where a file has vanished, or its name is mistyped, an empty configuration would look like a balancer that does nothing.
        if (_options.Store is null && present.Version == FileConfigurationStore.NoVersion)
            _instance.CheckSource(_instance.Load(), _source, present.Version);
        return present;
    }

    /// <inheritdoc/>
    public async Task<ApplyResult> ApplyAsync(IReadOnlyList<Change> changes, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(changes);
        options ??= new ApplyOptions();
        // A copy: the caller may fill its list anew.
        changes = [.. changes];
        Evaluation.CheckGiven(changes);
        // Before the mailbox: neither a slow name server nor another process that holds the instance must keep others waiting.
        var hosts = await ResolveHostsAsync(changes, cancellationToken).ConfigureAwait(false);
        if (!options.DryRun)
            await _instance.HoldAsync(cancellationToken).ConfigureAwait(false);
        using var request = new ApplyRequest(changes, hosts, options, cancellationToken);
        _engine.Post(request);
        return await request.Answer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<LoadBalancerState> GetStateAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var present = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        var errors = Support.Check(present.Configuration);
        if (errors.Count > 0)
            throw new IlbException(errors.Select(error => error with { Message = $"{_source}: {error.Message}" }).ToValueList());
        var state = _instance.Load();
        state.Recall(Compiler.Compile(present.Configuration).Keys.ToHashSet());
        return await StateReader.ReadAsync(present, _forwarder, state.Owned, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a change that is under way, then gives the instance back and closes what was opened. What the kernel forwards stays.</summary>
    /// <remarks>Changes that still wait for their turn are not made; their calls, and all later ones, throw <see cref="ObjectDisposedException"/>.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _engine.DisposeAsync().ConfigureAwait(false);
        _forwarder.Dispose();
        await _instance.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Dictionary<string, ValueList<IPAddress>>> ResolveHostsAsync(IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        var names = changes.SelectMany(static change => change.Hosts).Distinct().ToArray();
        var addresses = await Task.WhenAll(names.Select(name => ResolveHostAsync(name, cancellationToken))).ConfigureAwait(false);
        return names.Zip(addresses).ToDictionary(static pair => pair.First, static pair => pair.Second);
    }

    private async Task<ValueList<IPAddress>> ResolveHostAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await _resolver.ResolveAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new IlbException(IlbErrorCode.HostNotFound, $"cannot look up host {Quote.Of(name)}: {e.Message}", e);
        }
    }
}
