using System.Net;
using Ilb.Netlink;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;

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
    private const int MaximumLookups = 4;

    private readonly LoadBalancerOptions _options;
    private readonly IConfigurationStore _store;
    private readonly string _source;
    private readonly IForwarder _forwarder;
    private readonly ISurroundings _surroundings;
    private readonly IHostResolver _resolver;
    private readonly SemaphoreSlim _lookups = new(MaximumLookups);
    private readonly IProberSet _probers;
    private readonly Instance _instance;
    private readonly Engine _engine;
    private bool _disposed;

    private LoadBalancer(LoadBalancerOptions options, IConfigurationStore store, string source, IForwarder forwarder, ISurroundings surroundings, IHostResolver resolver, Random random, IProberSet probers, INotifyProgram notify)
    {
        // A copy: its owner may go on to use it.
        _options = options with { };
        _store = store;
        _source = source;
        _forwarder = forwarder;
        _surroundings = surroundings;
        _resolver = resolver;
        _probers = probers;
        _instance = new Instance(options);
        var logger = options.LoggerFactory.CreateLogger("Ilb");
        // Another source of chance, for it is another thread's.
        _engine = new Engine(_options, store, source, forwarder, surroundings, _instance, logger, random, notify, report => new HealthScheduler(_probers, _options.TimeProvider, new Random(random.Next()), report, logger));
    }

    /// <summary>See <see cref="LoadBalancerOptions.AuditInterval"/>, where its range and default stand. Another counts from the next audit on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public TimeSpan AuditInterval
    {
        get => _engine.AuditInterval;
        set
        {
            if ((_options with { AuditInterval = value }).Validate() is { Count: > 0 } errors)
                throw new ArgumentOutOfRangeException(nameof(value), errors[0].Message);
            _engine.AuditInterval = value;
        }
    }

    /// <summary>
    /// The absolute path of a program that is run when the state of a server changes, with the arguments <c>server RULE SERVERID FROM TO REASON</c>; null = none. Default that of <see cref="LoadBalancerOptions.Node"/>. It is run only
    /// where the kernel is kept (<see cref="LoadBalancerOptions.KeepsKernel"/>), without this program's rights, up to 8 at a time and 10 s each; see <c>docs/ilbd.md</c>.
    /// </summary>
    /// <exception cref="ArgumentException">It is no absolute path of a file.</exception>
    public string? Notify
    {
        get => _engine.Notify;
        set
        {
            if (new NodeSettings { Notify = value }.Validate() is { Count: > 0 } errors)
                throw new ArgumentException(errors[0].Message, nameof(value));
            _engine.Notify = value;
        }
    }

    /// <summary>Whether the kernel is kept now: what went wrong is tried again unasked.</summary>
    internal bool IsKeeping => _engine.Kept is not null;

    /// <summary>Makes a load balancer; nothing is opened yet.</summary>
    /// <param name="options">Instance and files; null = those of <c>ilbadm</c>.</param>
    /// <exception cref="IlbException">The options are wrong; all reasons are told.</exception>
    public static LoadBalancer Create(LoadBalancerOptions? options = null)
    {
        options ??= new LoadBalancerOptions();
        var netlink = new NetlinkOptions { NetworkNamespace = options.NetworkNamespace, TimeProvider = options.TimeProvider };
        var ipvs = new IpvsClient(netlink);
        var space = new KernelSpace(options.NetworkNamespace);
        return Create(options, new IpvsForwarder(ipvs), new KernelSurroundings(options.Instance, new Libnftables(space), new RouteClient(netlink), ipvs, space));
    }

    /// <summary>The load balancer of this machine, wherever it is: the daemon, if its socket answers, else one in this process, as <see cref="Create(LoadBalancerOptions?)"/> makes it. <c>ilbadm</c> does the same.</summary>
    /// <remarks>
    /// <para>The daemon is looked for at <see cref="LoadBalancerOptions.SocketPath"/>. It must be of the same instance, keep the configuration of <see cref="LoadBalancerOptions.ConfigurationPath"/> if that is named, and work in
    /// the network namespace of <see cref="LoadBalancerOptions.NetworkNamespace"/> if that is named, or in the caller's own where the socket is not named. One who listens but cannot be used is an error, for it may hold
    /// the instance; who listens has <see cref="LoadBalancerOptions.LockTimeout"/>, at least a second, to say who it is. A socket that is named must be there.</para>
    /// <para>With a <see cref="LoadBalancerOptions.Store"/> no daemon is looked for. The other options are for the load balancer in this process.</para>
    /// </remarks>
    /// <param name="options">Instance, socket and files; null = those of <c>ilbadm</c>.</param>
    /// <param name="cancellationToken">Stops the looking.</param>
    /// <returns>A <see cref="RemoteLoadBalancer"/> or a <see cref="LoadBalancer"/>.</returns>
    /// <exception cref="IlbException">The options are wrong; or <see cref="IlbErrorCode.OtherDaemon"/>, <see cref="IlbErrorCode.PermissionDenied"/>, <see cref="IlbErrorCode.Timeout"/>,
    /// <see cref="IlbErrorCode.DaemonUnreachable"/>, <see cref="IlbErrorCode.ProtocolError"/> of the daemon or its socket, which the message names.</exception>
    /// <example><code>
    /// await using var balancer = await LoadBalancer.ConnectAsync();
    /// await balancer.EnableRulesAsync(["web"]);
    /// </code></example>
    public static async Task<ILoadBalancer> ConnectAsync(LoadBalancerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LoadBalancerOptions();
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new IlbException(errors);
        if (options.Store is null && await DaemonSearch.FindAsync(options, cancellationToken).ConfigureAwait(false) is { } daemon)
            return daemon;
        var own = Create(options);
        if (options.Store is null)
            own._instance.SilentSocket = DaemonSocket.DefaultPath(options);
        return own;
    }

    internal static LoadBalancer Create(LoadBalancerOptions options, IForwarder forwarder, ISurroundings surroundings, IHostResolver? resolver = null, Random? random = null, IProberSet? probers = null, INotifyProgram? notify = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new IlbException(errors);
        var path = options.ConfigurationFile;
        options = options with { Node = options.Node ?? (options.Store is null ? NodeSettingsFile.Load(NodeSettingsFile.PathBeside(path)) : RuleCase.DefaultNode) };
        // The machine's own clock: it waits for other processes, to whom no other clock means anything.
        var store = options.Store ?? new FileConfigurationStore(path, new LinuxFileSystem(), TimeProvider.System);
        // One line of the runtime state, so without control characters.
        var source = options.Store?.GetType().FullName ?? string.Concat(path.Select(static c => char.IsControl(c) ? '?' : c));
        return new LoadBalancer(options, store, source, forwarder, surroundings, resolver ?? new SystemHostResolver(), random ?? new Random(),
            probers ?? new Probers(new ProbeNetwork(options.Node!.Probes.Sources, options.Node.Probes.NetworkNamespace ?? options.NetworkNamespace), options.TimeProvider, new HealthLimits(), options.Probes, options.LoggerFactory),
            notify ?? new NotifyProgram(options.Instance));
    }

    /// <inheritdoc/>
    public async Task<ConfigurationSnapshot> GetConfigurationAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_engine.Kept is { } kept)
            return kept;
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
    /// <remarks>Where the kernel is not kept (<see cref="LoadBalancerOptions.KeepsKernel"/>), a word whose time is over is forgotten with the next change.</remarks>
    public async Task<ApplyResult> JudgeAsync(IReadOnlyList<OutsideVerdict> verdicts, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(verdicts);
        // A copy: the caller may fill its list anew.
        verdicts = [.. verdicts];
        OutsideWords.CheckGiven(verdicts);
        await _instance.HoldAsync(cancellationToken).ConfigureAwait(false);
        using var request = new ApplyRequest([], new Dictionary<string, ValueList<IPAddress>>(), new ApplyOptions(), cancellationToken) { Verdicts = verdicts };
        _engine.Post(request);
        return await request.Answer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<LoadBalancerState> GetStateAsync(CancellationToken cancellationToken = default)
    {
        var (present, runtime, owned) = await ReadOwnAsync(cancellationToken).ConfigureAwait(false);
        return await new StateReader(_forwarder, _surroundings, _options).ReadAsync(present, runtime, _engine.ReadHealth, _engine.Kept is not null, owned, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<LoadBalancerStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default)
    {
        var (present, runtime, owned) = await ReadOwnAsync(cancellationToken).ConfigureAwait(false);
        return await StatisticsReader.ReadAsync(present, runtime, _options.Node!, _forwarder, owned, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Diagnosis> DiagnoseAsync(IReadOnlyCollection<string>? rules = null, CancellationToken cancellationToken = default)
    {
        // A copy: the caller may fill its list anew.
        rules = rules is null ? [] : [.. rules];
        var (present, runtime, owned) = await ReadOwnAsync(cancellationToken).ConfigureAwait(false);
        return await new DiagnosisReader(_forwarder, _surroundings, _options).ReadAsync(present, rules, runtime, _engine.ReadHealth, _engine.Kept is not null, owned, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>What other processes do, such as <c>ilbadm</c> between changes of this load balancer, is in its events once it takes it: with its own next change.</remarks>
    public IAsyncEnumerable<LoadBalancerEvent> GetEventsAsync(string? after = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _engine.Events.ReadAsync(after, cancellationToken);
    }

    /// <summary>
    /// Takes the configuration as it is saved now, for somebody has edited it: checks it, and puts into the kernel what it asks for. If it is refused, the one before goes on; the edit stays where it is.
    /// Only a load balancer that keeps the kernel needs to be told (<see cref="LoadBalancerOptions.KeepsKernel"/>); one that does not takes edits with its next change.
    /// </summary>
    /// <param name="cancellationToken">Stops before anything is done.</param>
    /// <returns>What was done in the kernel.</returns>
    /// <exception cref="IlbException">The configuration is refused, with all reasons.</exception>
    public async Task<ApplyResult> ReloadAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _instance.HoldAsync(cancellationToken).ConfigureAwait(false);
        using var request = new ApplyRequest([], new Dictionary<string, ValueList<IPAddress>>(), new ApplyOptions(), cancellationToken) { IsReload = true };
        _engine.Post(request);
        return await request.Answer.ConfigureAwait(false);
    }

    /// <summary>Takes all that this instance forwards out of the kernel, and leaves the configuration as it is. The next change puts all of it back; until then the kernel is not kept.</summary>
    /// <param name="cancellationToken">Stops the waiting for another process that holds the instance.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="IlbException">The kernel cannot be read.</exception>
    public async Task<ValueList<PlanStep>> WithdrawAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _instance.HoldAsync(cancellationToken).ConfigureAwait(false);
        var withdrawal = new Withdrawal();
        _engine.Post(withdrawal);
        return await withdrawal.Steps.ConfigureAwait(false);
    }

    /// <summary>Ends when what is under way now is done: for a watchdog. Where it does not end within a minute, something hangs.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public Task RespondAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var barrier = new Barrier();
        _engine.Post(barrier);
        return barrier.Reached.WaitAsync(cancellationToken);
    }

    /// <summary>Waits for a change that is under way, then gives the instance back and closes what was opened. What the kernel forwards stays.</summary>
    /// <remarks>Changes that still wait for their turn are not made; their calls, and all later ones, throw <see cref="ObjectDisposedException"/>.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _engine.DisposeAsync().ConfigureAwait(false);
        // After the checks, which the engine ended.
        (_probers as IDisposable)?.Dispose();
        _forwarder.Dispose();
        _surroundings.Dispose();
        await _instance.DisposeAsync().ConfigureAwait(false);
    }

    // What is configured, what the health checks found, and which services are ours.
    private async Task<(ConfigurationSnapshot Present, Runtime Runtime, IReadOnlySet<IpvsServiceKey> Owned)> ReadOwnAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var present = _engine.Kept ?? await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        var errors = Support.Check(present.Configuration, _options.Probes.Keys, _options.Node);
        if (errors.Count > 0)
            throw new IlbException(errors.Select(error => error with { Message = $"{_source}: {error.Message}" }).ToValueList());
        var state = _instance.Load();
        var configured = Compiler.Compile(present.Configuration, _options.Node);
        _instance.Recall(state, configured.ContainsKey);
        return (present, _engine.KeptRuntime ?? state.Runtime, state.Owned);
    }

    private async Task<Dictionary<string, ValueList<IPAddress>>> ResolveHostsAsync(IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        var names = changes.SelectMany(static change => change.Hosts).Distinct().ToArray();
        var addresses = await Task.WhenAll(names.Select(name => ResolveHostAsync(name, cancellationToken))).ConfigureAwait(false);
        return names.Zip(addresses).ToDictionary(static pair => pair.First, static pair => pair.Second);
    }

    private async Task<ValueList<IPAddress>> ResolveHostAsync(string name, CancellationToken cancellationToken)
    {
        // Each look-up takes a thread while it waits.
        await _lookups.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _resolver.ResolveAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new IlbException(IlbErrorCode.HostNotFound, $"cannot look up host {Quote.Of(name)}: {e.Message}", e);
        }
        finally
        {
            _lookups.Release();
        }
    }
}
