using System.Threading.Channels;
using Ilb.Netlink.Ipvs;
using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>
/// The one writer: a mailbox and one loop, which alone changes the configuration and the kernel. Changes that arrive while others are checked or saved share the next save.
/// What costs time grows with what changes, not with what there is: only the file is written whole.
/// </summary>
internal sealed partial class Engine : IAsyncDisposable
{
    private readonly Channel<Message> _mailbox = Channel.CreateUnbounded<Message>(new UnboundedChannelOptions { SingleReader = true });
    private readonly LoadBalancerOptions _options;
    private readonly IConfigurationStore _store;
    private readonly string _source;
    private readonly IForwarder _forwarder;
    private readonly Instance _instance;
    private readonly Reconciler _reconciler;
    private readonly ILogger _logger;
    private readonly Notifier? _notifier;
    private readonly Compilation _compilation = new();
    private readonly Task _loop;
    private volatile ConfigurationSnapshot? _present;
    private HashSet<string> _unsupported = [];
    private long? _lastLook;
    private volatile bool _isClosing;
    private long _auditTicks;

    public Engine(LoadBalancerOptions options, IConfigurationStore store, string source, IForwarder forwarder, ISurroundings surroundings, Instance instance, ILogger logger, Random random, INotifyProgram notify, Func<Action<HealthTransition>, HealthScheduler> makeScheduler)
    {
        _makeScheduler = makeScheduler;
        _options = options;
        _store = store;
        _source = source;
        _forwarder = forwarder;
        _surroundings = surroundings;
        _instance = instance;
        _logger = logger;
        _events = new EventLog(options.TimeProvider);
        AuditInterval = options.AuditInterval;
        _reconciler = new Reconciler(forwarder, logger);
        _isLed = IsLed(options);
        _backoff = new Backoff<IpvsServiceKey>(options.TimeProvider, random);
        _companionBackoff = new Backoff<string>(options.TimeProvider, random);
        if (options.KeepsKernel)
        {
            _notifier = new Notifier(notify, options.TimeProvider, logger) { Path = options.Node?.Notify };
            _timer = options.TimeProvider.CreateTimer(static engine => ((Engine)engine!).TryWake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _loop = RunAsync();
    }

    /// <summary>See <see cref="LoadBalancerOptions.AuditInterval"/>. Another counts from the next audit on.</summary>
    public TimeSpan AuditInterval
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _auditTicks));
        set => Volatile.Write(ref _auditTicks, value.Ticks);
    }

    /// <summary>The program that is run when the state of a server changes, absolute; null = none. Only where the kernel is kept.</summary>
    public string? Notify
    {
        get => _notifier?.Path;
        set => _notifier?.Path = value;
    }

    /// <summary>The configuration that is kept; null where the kernel is not kept, or not yet: then the store has the word.</summary>
    public ConfigurationSnapshot? Kept => _isKeeping ? _present : null;

    /// <summary>What is of the rules besides; null where the kernel is not kept: then the notes of who keeps it have the word.</summary>
    public Runtime? KeptRuntime => _isKeeping ? _compilation.Runtime : null;

    // Whether it is time to look at the whole kernel.
    private bool IsDue => _lastLook is not { } last || _options.TimeProvider.GetElapsedTime(last) >= AuditInterval;

    /// <summary>Puts a message into the mailbox.</summary>
    /// <exception cref="ObjectDisposedException">Nobody reads it any more.</exception>
    public void Post(Message message) => ObjectDisposedException.ThrowIf(!_mailbox.Writer.TryWrite(message), typeof(LoadBalancer));

    /// <summary>Ends what is under way, and refuses the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosing = true;
        _mailbox.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        EndWatching();
        if (_notifier is not null)
            await _notifier.DisposeAsync().ConfigureAwait(false);
        _events.Close();
        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _mailbox.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (!_mailbox.Reader.TryRead(out var message))
                continue;
            if (_isClosing)
                message.Refuse(new ObjectDisposedException(nameof(LoadBalancer)));
            else
                await HandleAsync(message).ConfigureAwait(false);
        }
    }

    // The loop goes on, whatever it was: without it nothing would ever be answered.
    private async Task HandleAsync(Message message)
    {
        try
        {
            if (message is ApplyRequest { Verdicts: not null } words)
                await JudgeOutsideAsync(words).ConfigureAwait(false);
            else if (message is ApplyRequest request)
                await ServeAsync(request).ConfigureAwait(false);
            else if (message is Wake)
                await WakeAsync().ConfigureAwait(false);
            else if (message is Barrier barrier)
                barrier.Reach();
            else if (message is Judgement judgement)
                await JudgeAsync(judgement).ConfigureAwait(false);
            else if (message is Withdrawal withdrawal)
                await WithdrawAsync(withdrawal).ConfigureAwait(false);
            NoteClosedWays();
            Arm();
        }
        catch (Exception e)
        {
            Log.LoopStumbled(_logger, e);
            message.Refuse(e);
        }
    }

    private async Task WithdrawAsync(Withdrawal withdrawal)
    {
        try
        {
            _isKeeping = false;
            EndWatching();
            var state = Recall();
            var (look, wanted) = (new Look(_forwarder), new WantedServices(new Dictionary<IpvsServiceKey, VirtualService>()));
            if (state.Owned.Count > 0)
                await look.ListAsync(state.Owned, CancellationToken.None).ConfigureAwait(false);
            var plan = look.IsFull ? Reconciler.Plan(look, wanted, state) : Ilb.Plan.Nothing;
            var found = await FindCompanionsAsync(state, WantedCompanions.None, null, CancellationToken.None).ConfigureAwait(false);
            var beside = Plan(state, new Batch.Beside { Wanted = WantedCompanions.None, Touched = new HashSet<string>(), IsFull = true, Found = found });
            state.Begin([], _source);
            Leave(Leaving.Nothing);
            state.Note(Leaving.Nothing);
            var run = new CompanionRun(_surroundings, beside);
            var (steps, disowned) = await _reconciler.CarryOutAsync(plan, run).ConfigureAwait(false);
            Release(state, run);
            TryEnd(state, disowned, null);
            TellFailures(steps);
            withdrawal.Complete(steps.Select(static step => step.Step).ToValueList());
        }
        catch (Exception e)
        {
            _instance.Forget();
            withdrawal.Refuse(e);
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
            _instance.Forget();
            return false;
        }
    }
}
