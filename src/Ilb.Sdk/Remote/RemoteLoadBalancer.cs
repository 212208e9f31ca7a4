using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Ilb;

/// <summary>A load balancer in another process, the daemon <c>ilbd</c>, by its Unix socket. It answers and refuses as a <see cref="LoadBalancer"/> in this process would, with the same codes and places.</summary>
/// <remarks>
/// <para><see cref="LoadBalancer.ConnectAsync"/> looks for the daemon and takes an engine of its own where there is none; this class is for those who want the daemon and nothing else. Connections are made when they are
/// needed and anew where they broke, so it may live longer than the daemon. Host names are looked up by the daemon.</para>
/// <para>Besides what a load balancer throws, all members throw <see cref="IlbException"/> with <see cref="IlbErrorCode.DaemonUnreachable"/>: nobody listens at the socket, or the daemon went away in the midst of a call;
/// <see cref="IlbErrorCode.PermissionDenied"/>: the socket may not be used; <see cref="IlbErrorCode.Timeout"/>: no answer in time (<see cref="RemoteLoadBalancerOptions.Timeout"/>);
/// <see cref="IlbErrorCode.ProtocolError"/>: the answer makes no sense. Where no answer came although changes may have been made, the message says so.</para>
/// </remarks>
/// <example><code>
/// await using var balancer = new RemoteLoadBalancer();
/// await foreach (var happened in balancer.GetEventsAsync())
///     Console.WriteLine(happened);
/// </code></example>
public sealed class RemoteLoadBalancer : ILoadBalancer
{
    private readonly RemoteLoadBalancerOptions _options;
    private readonly DaemonConnection _daemon;
    private readonly Random _random;
    // The configuration as it was last told, so that it is not told again while it is the same.
    private ConfigurationSnapshot? _known;
    private bool _disposed;

    /// <summary>Makes a load balancer; nothing is connected yet.</summary>
    /// <param name="options">Socket and times; null = the defaults.</param>
    /// <exception cref="IlbException">The options are wrong; all reasons are told.</exception>
    public RemoteLoadBalancer(RemoteLoadBalancerOptions? options = null)
        : this(options ?? new RemoteLoadBalancerOptions(), null, new Random())
    {
    }

    internal RemoteLoadBalancer(RemoteLoadBalancerOptions options, Socket? first, Random random)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
            throw new IlbException(errors);
        // A copy: its owner may go on to use it.
        _options = options with { };
        _daemon = new DaemonConnection(_options, first);
        _random = random;
    }

    /// <summary>The daemon's socket.</summary>
    public string SocketPath => _options.SocketPath;

    /// <inheritdoc/>
    public async Task<ConfigurationSnapshot> GetConfigurationAsync(CancellationToken cancellationToken = default)
    {
        var known = Volatile.Read(ref _known);
        var answer = await AskAsync(new DaemonRequest { Method = HttpMethod.Get, Target = DaemonInterface.Configuration, KnownVersion = known?.Version }, cancellationToken).ConfigureAwait(false);
        if (answer.Status == HttpStatusCode.NotModified)
            return known ?? throw Senseless("it says that the configuration is the one that is known, but none is");
        var present = new ConfigurationSnapshot { Configuration = ReadConfiguration(answer.Body), Version = answer.Version ?? throw Senseless("the configuration has no version") };
        Volatile.Write(ref _known, present);
        return present;
    }

    /// <inheritdoc/>
    /// <remarks>Cancelling while the daemon is at it ends the waiting; whether the changes were made is then open. With an expected version they can be tried again without harm.</remarks>
    public async Task<ApplyResult> ApplyAsync(IReadOnlyList<Change> changes, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(changes);
        options ??= new ApplyOptions();
        // A copy: the caller may fill its list anew.
        changes = [.. changes];
        Evaluation.CheckGiven(changes);
        // An entity tag cannot say every text, and no version is another.
        if (options.ExpectedVersion is { } expected && expected.AsSpan().ContainsAnyExcept(DaemonInterface.VersionCharacters))
            throw new IlbException(IlbErrorCode.VersionConflict, $"the configuration does not have version {Quote.Of(expected)}: read it again");
        try
        {
            var request = new DaemonRequest
            {
                Method = HttpMethod.Post,
                Target = (options.DryRun ? DaemonInterface.Plan : DaemonInterface.Changes) + (options.Adopt ? "?adopt=true" : ""),
                Body = Write(changes),
                ExpectedVersion = options.ExpectedVersion,
                IsChange = !options.DryRun,
            };
            return await AskResultAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (IlbException e) when (e.Code == IlbErrorCode.ConfigurationDamaged)
        {
            throw await FindFaultsAsync(changes, cancellationToken).ConfigureAwait(false) ?? e;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Cancelling while the daemon is at it ends the waiting; they can be told again without harm.</remarks>
    public async Task<ApplyResult> JudgeAsync(IReadOnlyList<OutsideVerdict> verdicts, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(verdicts);
        verdicts = [.. verdicts];
        OutsideWords.CheckGiven(verdicts);
        return await AskResultAsync(new DaemonRequest { Method = HttpMethod.Post, Target = DaemonInterface.Verdicts, Body = IlbJson.Serialize(verdicts), IsChange = true }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<LoadBalancerState> GetStateAsync(CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync(new DaemonRequest { Method = HttpMethod.Get, Target = DaemonInterface.State }, cancellationToken).ConfigureAwait(false);
        return Read(answer, AnswerJson.DeserializeState, "");
    }

    /// <inheritdoc/>
    public async Task<LoadBalancerStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync(new DaemonRequest { Method = HttpMethod.Get, Target = DaemonInterface.Statistics }, cancellationToken).ConfigureAwait(false);
        return Read(answer, AnswerJson.DeserializeStatistics, "");
    }

    /// <inheritdoc/>
    public async Task<Diagnosis> DiagnoseAsync(IReadOnlyCollection<string>? rules = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var target = DaemonInterface.Diagnosis + (rules is not { Count: > 0 } ? "" : $"?rules={string.Join(',', rules.Select(static name => Uri.EscapeDataString(name ?? "")))}");
        if (target.Length > DaemonInterface.MaximumTarget)
            throw new IlbException(IlbErrorCode.LimitExceeded, $"the names of {rules!.Count} rules are too many for one request: name fewer, or none for all");
        var answer = await AskAsync(new DaemonRequest { Method = HttpMethod.Get, Target = target }, cancellationToken).ConfigureAwait(false);
        return Read(answer, AnswerJson.DeserializeDiagnosis, "");
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A daemon that goes away, to be started anew say, is looked for after 0.1 s and then twice the time before, up to 10 s, a quarter more or less, and the stream goes on: behind the last event where the daemon still
    /// has its events, else with <see cref="EventsLost"/>. It gives up after <see cref="RemoteLoadBalancerOptions.ReconnectTimeout"/>. Kinds of events that this version does not know are passed over.
    /// </remarks>
    public IAsyncEnumerable<LoadBalancerEvent> GetEventsAsync(string? after = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return RemoteEvents.ReadAsync(_daemon, _options, _random, after, cancellationToken);
    }

    /// <summary>Has the daemon take the configuration as it is saved now, for somebody has edited it: see <see cref="LoadBalancer.ReloadAsync"/>.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What was done in the kernel.</returns>
    /// <exception cref="IlbException">The configuration is refused, with all reasons.</exception>
    public Task<ApplyResult> ReloadAsync(CancellationToken cancellationToken = default) =>
        AskResultAsync(new DaemonRequest { Method = HttpMethod.Post, Target = DaemonInterface.Reload, IsChange = true }, cancellationToken);

    /// <summary>Closes the connections. Calls that are under way, and all later ones, throw <see cref="ObjectDisposedException"/>; what the daemon has been asked already may still be done. Events end.</summary>
    public ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
            _daemon.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Who the daemon is.</summary>
    internal async Task<DaemonDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new DaemonRequest { Method = HttpMethod.Get, Target = DaemonInterface.Daemon }, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(answer.Body, DaemonJsonContext.Default.DaemonDescription) ?? throw Senseless("it does not say who it is");
        }
        catch (JsonException e)
        {
            throw Senseless($"it does not say who it is: {e.Message}");
        }
    }

    // What no value of the vocabulary can be, such as a number that is no member of its enumeration, has no form in JSON.
    private static byte[] Write(IReadOnlyList<Change> changes)
    {
        try
        {
            return IlbJson.Serialize(changes);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or NotSupportedException or JsonException or FormatException)
        {
            throw new IlbException(IlbErrorCode.ConfigurationDamaged, $"the changes cannot be written as JSON: {e.Message}", e);
        }
    }

    // The daemon could not even read the changes, so the reasons are found here: the same as where nothing is between. Host names only it can look up.
    private async Task<IlbException?> FindFaultsAsync(IReadOnlyList<Change> changes, CancellationToken cancellationToken)
    {
        var present = await GetConfigurationAsync(cancellationToken).ConfigureAwait(false);
        var hosts = changes.SelectMany(static change => change.Hosts).Distinct().ToDictionary(static host => host, static _ => ValueList.Create<IPAddress>([]));
        using var request = new ApplyRequest(changes, hosts, new ApplyOptions(), CancellationToken.None);
        try
        {
            Evaluation.Evaluate(present.Configuration, request);
            return null;
        }
        catch (IlbException e)
        {
            var faults = e.Errors.Where(static error => error.Code != IlbErrorCode.HostNotFound).ToValueList();
            return faults.Count > 0 ? new IlbException(faults, e) : null;
        }
    }

    private Task<DaemonAnswer> AskAsync(DaemonRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _daemon.SendAsync(request, cancellationToken);
    }

    private async Task<ApplyResult> AskResultAsync(DaemonRequest request, CancellationToken cancellationToken) =>
        Read(await AskAsync(request, cancellationToken).ConfigureAwait(false), AnswerJson.DeserializeApplyResult, request.Doubt);

    private T Read<T>(DaemonAnswer answer, Reader<T> read, string doubt)
    {
        try
        {
            return read(answer.Body);
        }
        catch (IlbException e)
        {
            throw Senseless(e.Message + doubt);
        }
    }

    private Configuration ReadConfiguration(byte[] body)
    {
        try
        {
            return IlbJson.DeserializeConfiguration(body);
        }
        catch (IlbException e) when (e.Code == IlbErrorCode.ConfigurationNewer)
        {
            throw new IlbException(e.Code, $"the configuration of the daemon at {SocketPath}: {e.Message}", e);
        }
        catch (IlbException e)
        {
            throw Senseless($"its configuration: {e.Message}");
        }
    }

    private IlbException Senseless(string reason) => new(IlbErrorCode.ProtocolError, $"the daemon at {SocketPath} sends something that makes no sense: {reason}");

    private delegate T Reader<T>(ReadOnlySpan<byte> json);
}
