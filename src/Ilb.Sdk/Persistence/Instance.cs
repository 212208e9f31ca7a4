using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>The place of an instance on this machine: its lock, and what is remembered of its kernel.</summary>
internal sealed class Instance(LoadBalancerOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _disposal = new();
    private InstanceLock? _lock;
    // Of the last try that gave up.
    private LockWait? _wait;
    private RuntimeState? _state;

    /// <summary>Where a daemon was looked for and none was; null (default) = none was looked for.</summary>
    public string? SilentSocket { get; set; }

    /// <summary>Takes the lock, if it is not held yet, and waits for another process that has it.</summary>
    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _lock) is not null)
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        try
        {
            await _turn.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                _lock ??= await InstanceLock.AcquireAsync(PathOf("lock"), options.LockTimeout, options.TimeProvider, _wait, wait => _wait = wait, either.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (IlbException e) when (e.Code == IlbErrorCode.Locked && SilentSocket is not null)
        {
            throw new IlbException(e.Code, $"{e.Message}; nobody answers at {SilentSocket}, so it may be a product, or a daemon with another socket or one that is just starting", e);
        }
        catch (OperationCanceledException) when (_disposal.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(LoadBalancer));
        }
    }

    /// <summary>What is remembered of the kernel. While the lock is held nobody else writes it, so it is read again only if its file is another.</summary>
    /// <param name="configured">The services that the configuration asks for.</param>
    public RuntimeState Recall(IReadOnlyDictionary<IpvsServiceKey, VirtualService> configured)
    {
        if (_state is { IsCurrent: true } known)
            return known;
        var state = Load();
        Recall(state, configured.ContainsKey);
        _state = _lock is null ? null : state;
        return state;
    }

    /// <summary>Decides about services that were to be put into the kernel by a process that did not come to its end.</summary>
    public void Recall(RuntimeState state, Func<IpvsServiceKey, bool> isConfigured) =>
        state.Recall(key => isConfigured(key) || (key.FirewallMark != 0 && options.Node?.Marks.Contains(key.FirewallMark) == true));

    /// <summary>Refuses a configuration that is not the one that the instance forwards: everything that it does not ask for would leave the kernel.</summary>
    /// <param name="state">What is remembered of the kernel.</param>
    /// <param name="source">Where the configuration is from.</param>
    /// <param name="version">Its version.</param>
    /// <exception cref="IlbException">It is another one, or it has vanished.</exception>
    public void CheckSource(RuntimeState state, string source, string version)
    {
        if (state.Owned.Count == 0)
            return;
        if (state.Source is { } forwarded && forwarded != source)
        {
            throw new IlbException(IlbErrorCode.InUse,
                $"instance {Quote.Of(options.Instance)} forwards what {forwarded} asks for, not {source}: use that one, or delete its rules first, or give this one another instance name");
        }

        if (options.Store is null && version == FileConfigurationStore.NoVersion)
        {
            throw new IlbException(IlbErrorCode.ConfigurationUnreadable,
                $"{source} is gone, but instance {Quote.Of(options.Instance)} still forwards what it asked for: bring it back (is its file system mounted?), or, to start anew, delete {PathOf("state")} and of the services that 'ipvsadm -Ln' shows those that it lists");
        }
    }

    /// <summary>What is remembered of the kernel, as its file has it now.</summary>
    public RuntimeState Load() => RuntimeState.Load(PathOf("state"), NetworkNamespaceLife.Read(options.NetworkNamespace));

    /// <summary>Reads the state afresh the next time: it was not written as it should have been.</summary>
    public void Forget() => _state = null;

    public string PathOf(string kind) => Path.Combine(options.RuntimeDirectory, $"{options.Instance}-{NetworkNamespaceId.Read(options.NetworkNamespace)}.{kind}");

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        _lock?.Dispose();
        // Neither the turn nor the cancellation is disposed, nor is the turn given back: whoever comes late must learn that it is over.
    }
}
