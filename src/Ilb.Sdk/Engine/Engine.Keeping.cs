using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>
/// What the loop does unasked, where it keeps the kernel: it looks at all that is ours at each interval, heals what differs, and tries again what was refused.
/// It takes a slice at a time, behind the changes that wait.
/// </summary>
internal sealed partial class Engine
{
    // A change waits for one slice at most: milliseconds, also where all of it must be made anew.
    private const int SliceLength = 64;

    private static readonly Dictionary<IpvsServiceKey, VirtualService?> NoDifference = [];
    private static readonly HashSet<IpvsServiceKey> NoServices = [];
    private static readonly HashSet<string> NoRules = [];

    private readonly Backoff<IpvsServiceKey> _backoff;
    private readonly ITimer? _timer;
    // The clashes that were told.
    private readonly HashSet<IpvsServiceKey> _clashes = [];
    private volatile bool _isKeeping;
    // What the audit under way has still to look at.
    private Queue<IpvsServiceKey>? _unseen;
    // All services as the audit found them at its start, until the loop itself changes some: one list is cheaper than to look for each.
    private IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>? _listed;
    private bool _isClean;
    private long _lastAudit;
    private string? _trouble;
    private int _isAwake;

    private void TryWake()
    {
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
            _mailbox.Writer.TryWrite(Wake.Instance);
    }

    // From the first change on that finds the configuration usable, also if the kernel is not: then the loop brings it there.
    private void KeepFirst()
    {
        if (_timer is null || _isKeeping || _unsupported.Count > 0)
            return;
        _isKeeping = true;
        _lastAudit = _options.TimeProvider.GetTimestamp();
    }

    // What the kernel refused of a change is tried again; what a change is about starts anew.
    private void NoteFailures(IEnumerable<IpvsServiceKey> services, IReadOnlyList<TriedStep> steps)
    {
        if (_timer is null)
            return;
        foreach (var service in services)
        {
            _backoff.Forget(service);
            _clashes.Remove(service);
        }

        foreach (var (service, failure) in steps.Where(static step => step.Service is not null).Select(static step => (Service: step.Service!, step.Step.Failure)).OrderBy(static step => step.Failure is not null))
        {
            if (failure is null)
                _backoff.Forget(service);
            else if (failure.Code == IlbErrorCode.ForeignService)
                _clashes.Add(service);
            else if (!_backoff.Contains(service))
                _backoff.Fail(service);
            _isClean &= failure is null;
        }
    }

    private async Task WakeAsync()
    {
        Volatile.Write(ref _isAwake, 0);
        if (!_isKeeping)
            return;
        var due = _backoff.Due().Take(SliceLength).ToArray();
        try
        {
            await RegainAsync().ConfigureAwait(false);
            if (due.Length > 0)
            {
                await PutRightAsync(due, isRetry: true).ConfigureAwait(false);
                _listed = null;
            }

            if (_companionBackoff.DueIn == TimeSpan.Zero)
                await PutCompanionsRightAsync().ConfigureAwait(false);
            await RiseAsync().ConfigureAwait(false);
            await DrainAsync().ConfigureAwait(false);
            await CountAsync().ConfigureAwait(false);
            await AuditAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The loop goes on, whatever it was. The same again at each interval is told once.
            if (_trouble != e.Message)
            {
                Log.NotLooked(_logger, e.Message);
                _events.Add(new KernelUnreadable { Reason = e.Message });
            }

            _trouble = e.Message;
            _instance.Forget();
            (_unseen, _listed) = (null, null);
            _lastAudit = _options.TimeProvider.GetTimestamp();
            foreach (var service in due.Where(service => _backoff.Contains(service)))
                _backoff.Fail(service);
        }
    }

    private async Task AuditAsync()
    {
        var state = Recall();
        if (_unseen is null)
        {
            if (_options.TimeProvider.GetElapsedTime(_lastAudit) < AuditInterval)
                return;
            _lastAudit = _options.TimeProvider.GetTimestamp();
            var services = new Queue<IpvsServiceKey>(_compilation.Services.Keys.Union(state.Owned));
            _listed = services.Count == 0 ? null : await _forwarder.GetServicesAsync([], CancellationToken.None).ConfigureAwait(false);
            _unseen = services;
            _isClean = true;
            // The clock may have been set.
            _nextRise = null;
            await FollowRoutesAsync().ConfigureAwait(false);
            await PutCompanionsRightAsync().ConfigureAwait(false);
        }

        var slice = new List<IpvsServiceKey>(SliceLength);
        while (slice.Count < SliceLength && _unseen.TryDequeue(out var service))
        {
            // What was refused has its own times.
            if (!_backoff.Contains(service))
                slice.Add(service);
        }

        if (slice.Count > 0)
            await PutRightAsync(slice, isRetry: false).ConfigureAwait(false);
        if (_unseen.Count > 0)
            return;
        (_unseen, _listed) = (null, null);
        _lastLook = _options.TimeProvider.GetTimestamp();
        if (_trouble is not null)
        {
            Log.LookedAgain(_logger);
            _events.Add(new KernelReadable());
        }

        _trouble = null;
        state = Recall();
        if (_isClean && _backoff.Count + _companionBackoff.Count == 0 && state.SettledVersion != _present!.Version)
            TryEnd(state, [], _present.Version);
    }

    // Somebody deleted the notes of what is ours: what is as wanted is taken over, all at once, before anything else is written, for to write them again is to say that they are whole.
    private async Task RegainAsync()
    {
        if (!_isKeeping || _compilation.Services.Count == 0 || !Recall().IsLost)
            return;
        await PutRightAsync([], isRetry: false).ConfigureAwait(false);
        NoteRuntime(Recall(), _compilation.Runtime.Rules);
    }

    private async Task PutRightAsync(IReadOnlyCollection<IpvsServiceKey> services, bool isRetry)
    {
        var state = Recall();
        var wanted = new WantedServices(_compilation.Services).With(NoDifference, services.ToHashSet(), adopt: false);
        var look = new Look(_forwarder, isRetry ? null : _listed);
        if (state.IsLost)
            await look.ListAsync(state.Owned, CancellationToken.None).ConfigureAwait(false);
        await Reconciler.ReadAsync(look, wanted, state, isSettled: false, CancellationToken.None).ConfigureAwait(false);
        var plan = Reconciler.Plan(look, wanted, state);
        foreach (var service in services.Where(service => plan.Clashes.All(clash => clash.Service.Key != service)))
            _clashes.Remove(service);
        _isClean &= plan.Clashes.Count == 0;
        plan = plan with { Clashes = plan.Clashes.Where(clash => _clashes.Add(clash.Service.Key)).ToValueList() };
        var failed = plan.IsEmpty ? [] : await CarryOutAsync(plan, state, isRetry).ConfigureAwait(false);
        foreach (var service in services)
        {
            if (!failed.Contains(service))
                _backoff.Forget(service);
        }

        foreach (var service in failed)
            _backoff.Fail(service);
        _isClean &= failed.Count == 0;
    }

    private async Task<HashSet<IpvsServiceKey>> CarryOutAsync(Plan plan, RuntimeState state, bool isRetry)
    {
        var settled = state.SettledVersion;
        state.Begin(plan.Made, _source);
        var (steps, disowned) = await _reconciler.CarryOutAsync(plan).ConfigureAwait(false);
        TryEnd(state, disowned, steps.All(static step => step.Step.Failure is null) ? settled : null);
        TellFailures(steps);
        var made = plan.Operations.Select(static planned => planned.Operation).OfType<IpvsOperation.AddService>().Select(static add => add.Service.Key).ToHashSet();
        foreach (var (service, step) in steps.Where(static step => step.Step.Failure is null).Select(static step => (step.Service!, step.Step)))
        {
            // That its servers came with a service goes without saying.
            if (step.Action != StepAction.Adopt && (!made.Contains(service) || step.Subject == $"service {service}"))
                LogHealed(step, isRetry);
        }

        return [.. steps.Where(static step => step.Step.Failure is { Code: not IlbErrorCode.ForeignService }).Select(static step => step.Service!)];
    }

    private void LogHealed(PlanStep step, bool isRetry)
    {
        var (did, found) = step.Action switch
        {
            StepAction.Add => ("added", "was gone"),
            StepAction.Update => ("corrected", "was different"),
            _ => ("removed", "it does not have"),
        };
        _events.Add(new KernelCorrected { Step = step, IsRetry = isRetry });
        if (isRetry)
            Log.Retried(_logger, step.ToString());
        else if (step.Rule is null)
            Log.HealedLeftOver(_logger, step.Subject);
        else
            Log.Healed(_logger, did, step.Subject, Quote.Of(step.Rule), found);
    }

    // When to wake up next: at once, behind what waits, if there is more to look at; else when the next retry or audit is due.
    private void Arm()
    {
        if (!_isKeeping)
            return;
        if (_unseen is not null)
        {
            TryWake();
            return;
        }

        var next = AuditInterval - _options.TimeProvider.GetElapsedTime(_lastAudit);
        if (_backoff.DueIn is { } retry && retry < next)
            next = retry;
        if (_companionBackoff.DueIn is { } other && other < next)
            next = other;
        if (RiseIn() is { } rise && rise < next)
            next = rise;
        if (DrainIn() is { } drain && drain < next)
            next = drain;
        if (CountIn() is { } count && count < next)
            next = count;
        // Whole milliseconds, the clock's own: a timer that came too early would come again and again.
        _timer!.Change(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(next.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }
}
