using System.Net;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Microsoft.Extensions.Logging;

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
    private readonly Reconciler _reconciler;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1);
    private InstanceLock? _lock;
    private bool _disposed;

    private LoadBalancer(LoadBalancerOptions options, IConfigurationStore store, string source, IForwarder forwarder, IHostResolver resolver)
    {
        _options = options;
        _store = store;
        _source = source;
        _forwarder = forwarder;
        _resolver = resolver;
        _logger = options.LoggerFactory.CreateLogger("Ilb");
        _reconciler = new Reconciler(forwarder, _logger);
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

    internal static LoadBalancer Create(LoadBalancerOptions options, IForwarder forwarder, IHostResolver? resolver = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new IlbException(errors);
        var path = Path.GetFullPath(options.ConfigurationPath ?? $"/var/lib/ilb/{options.Instance}.json");
        var store = options.Store ?? new FileConfigurationStore(path, new LinuxFileSystem(), options.TimeProvider);
        // One line of the runtime state, so without control characters.
        var source = options.Store?.GetType().FullName ?? string.Concat(path.Select(static c => char.IsControl(c) ? '?' : c));
        return new LoadBalancer(options, store, source, forwarder, resolver ?? new SystemHostResolver());
    }

    /// <inheritdoc/>
    public Task<ConfigurationSnapshot> GetConfigurationAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _store.LoadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ApplyResult> ApplyAsync(IReadOnlyList<Change> changes, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(changes);
        options ??= new ApplyOptions();
        Check(changes.SelectMany(static (change, place) => change is null
            ? [new IlbError { Code = IlbErrorCode.InvalidArgument, Message = $"changes[{place}] is missing", Path = $"changes[{place}]" }]
            : change.Validate().Select(error => Under(error, place))).ToValueList());
        // Before the lock: a slow name server must not keep others waiting.
        var hosts = await ResolveHostsAsync(changes, cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!options.DryRun)
                _lock ??= await InstanceLock.AcquireAsync(RuntimePath("lock"), _options.LockTimeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return await ApplyAsync(changes, hosts, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<LoadBalancerState> GetStateAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var present = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        CheckSupport(present.Configuration, present.Configuration);
        var state = LoadState();
        state.Recall(Compiler.Compile(present.Configuration).Keys.ToHashSet());
        return await StateReader.ReadAsync(present, _forwarder, state.Owned, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a change that is under way, then gives the instance back and closes what was opened. What the kernel forwards stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _turn.WaitAsync().ConfigureAwait(false);
        _forwarder.Dispose();
        _lock?.Dispose();
        // Not disposed: others may wait for their turn, and must learn that it is over.
        _turn.Release();
    }

    private async Task<ApplyResult> ApplyAsync(
        IReadOnlyList<Change> changes,
        Dictionary<string, ValueList<IPAddress>> hosts,
        ApplyOptions options,
        CancellationToken cancellationToken)
    {
        var present = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (options.ExpectedVersion is { } expected && expected != present.Version)
            throw new IlbException(IlbErrorCode.VersionConflict, $"the configuration has version {present.Version}, not {expected}: read it again");
        // What cannot be compiled is not in the kernel either: such a rule can only have come by an edit of the file.
        var before = Support.Check(present.Configuration).Count == 0 ? Compiler.Compile(present.Configuration) : [];
        var state = LoadState();
        state.Recall(before.Keys.ToHashSet());
        CheckSource(state, present);
        var (next, resolved) = Evaluate(present.Configuration, changes, hosts);
        CheckSupport(next, present.Configuration);
        var wanted = Compiler.Compile(next);
        // To enable a rule is also how somebody asks for it to be put right.
        var touched = resolved.OfType<EnableRules>().SelectMany(change => change.All ? next.Rules.Select(static rule => rule.Name) : change.Names).ToHashSet();
        var plan = await _reconciler.PlanAsync(before, wanted, state, touched, state.SettledVersion == present.Version, cancellationToken).ConfigureAwait(false);

        // A clash that the changes bring about is refused; one that came from outside since is a step that fails.
        Check(plan.Clashes.Where(clash => !before.ContainsKey(clash.Service.Key)).Select(Reconciler.ClashError).ToValueList());
        if (options.DryRun)
            return new ApplyResult { Version = present.Version, Changes = resolved, Steps = Reconciler.Describe(plan), Converged = plan.IsEmpty };

        var isChanged = next != present.Configuration;
        if (!isChanged && plan.IsEmpty && state.SettledVersion == present.Version)
            return new ApplyResult { Version = present.Version, Changes = resolved, Steps = [], Converged = true };
        return await CommitAsync(present, next, resolved, plan, state, isChanged, cancellationToken).ConfigureAwait(false);
    }

    // The order matters at each point where the process may be killed: what is ours is noted before it can be in the kernel,
    // and the kernel counts as unsettled from before the save until all of the new configuration is in it.
    private async Task<ApplyResult> CommitAsync(
        ConfigurationSnapshot present,
        Configuration next,
        ValueList<Change> resolved,
        Plan plan,
        RuntimeState state,
        bool isChanged,
        CancellationToken cancellationToken)
    {
        var version = present.Version;
        var added = plan.Operations.Select(static planned => (planned.Operation as IpvsOperation.AddService)?.Service.Key).OfType<IpvsServiceKey>()
            .Concat(plan.Adopted.Select(static service => service.Service.Key)).Where(key => !state.Owned.Contains(key)).ToArray();
        state.Begin(added, _source);
        if (isChanged)
        {
            try
            {
                version = await _store.SaveAsync(next, present.Version, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                TryEnd(state, added, null);
                throw;
            }

            Log.Saved(_logger, version, resolved.Count);
        }

        var (steps, disowned) = await _reconciler.CarryOutAsync(plan).ConfigureAwait(false);
        var converged = steps.All(static step => step.Failure is null);
        // The configuration and the kernel are as they should be; only the memory of it is not, and the next command looks more closely.
        converged &= TryEnd(state, disowned, converged ? version : null);
        return new ApplyResult { Version = version, Changes = resolved, Steps = steps, Converged = converged };
    }

    private static (Configuration Next, ValueList<Change> Resolved) Evaluate(Configuration configuration, IReadOnlyList<Change> changes, Dictionary<string, ValueList<IPAddress>> hosts)
    {
        var resolved = new List<Change>(changes.Count);
        var errors = new List<IlbError>();
        for (var i = 0; i < changes.Count; i++)
        {
            try
            {
                var change = changes[i].Resolve(configuration, hosts);
                configuration = change.ApplyTo(configuration);
                resolved.Add(change);
            }
            catch (IlbException e)
            {
                errors.AddRange(e.Errors.Select(error => Under(error, i)));
            }
        }

        Check(errors.ToValueList());
        return (configuration, resolved.ToValueList());
    }

    private static IlbError Under(IlbError error, int place) => error with { Path = error.Path.Length == 0 ? $"changes[{place}]" : $"changes[{place}].{error.Path}" };

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
            throw new IlbException(IlbErrorCode.HostNotFound, $"cannot look up host {name}: {e.Message}", e);
        }
    }

    private bool TryEnd(RuntimeState state, IEnumerable<IpvsServiceKey> disowned, string? settledVersion)
    {
        try
        {
            state.End(disowned, settledVersion);
            return true;
        }
        catch (IlbException e)
        {
            Log.StateNotSaved(_logger, e.Message);
            return false;
        }
    }

    // With another file under the same name, everything that this one does not ask for would leave the kernel.
    private void CheckSource(RuntimeState state, ConfigurationSnapshot present)
    {
        if (state.Owned.Count > 0 && state.Source is { } source && source != _source)
        {
            throw new IlbException(IlbErrorCode.InUse,
                $"instance {_options.Instance} forwards what {source} asks for, not {_source}: use that one, or delete its rules first, or give this one another instance name");
        }

        if (state.Owned.Count > 0 && _options.Store is null && present.Version == FileConfigurationStore.NoVersion)
        {
            throw new IlbException(IlbErrorCode.ConfigurationUnreadable,
                $"{_source} is gone, but instance {_options.Instance} still forwards what it asked for: bring it back (is its file system mounted?), or, to start anew, delete {RuntimePath("state")} and the services that 'ipvsadm -Ln' shows");
        }
    }

    private void CheckSupport(Configuration next, Configuration present)
    {
        var old = Support.Check(present).Select(static error => error.Message).ToHashSet();
        // What came by an edit of the file is no fault of the changes: say where it stands.
        Check(Support.Check(next).Select(error => old.Contains(error.Message) ? error with { Message = $"{_source}: {error.Message}" } : error).ToValueList());
    }

    private RuntimeState LoadState() => RuntimeState.Load(RuntimePath("state"), NetworkNamespaceLife.Read(_options.NetworkNamespace));

    private string RuntimePath(string kind) =>
        Path.Combine(_options.RuntimeDirectory, $"{_options.Instance}-{NetworkNamespaceId.Read(_options.NetworkNamespace)}.{kind}");

    private static void Check(ValueList<IlbError> errors)
    {
        if (errors.Count > 0)
            throw new IlbException(errors);
    }
}
