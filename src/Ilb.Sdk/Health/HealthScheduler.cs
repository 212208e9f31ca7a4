using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>
/// Runs the checks of all servers and says whose verdict changed. It has no thread of its own: whoever brings something (the timer, a probe that ended, a new set of servers) carries out what waits, one at a time.
/// The same check of one server in several rules is made once.
/// </summary>
internal sealed class HealthScheduler : IDisposable
{
    // One wake-up for all that are due within it: at 10,000 checks a second waking for each would cost more than the probes.
    private static readonly TimeSpan Granularity = TimeSpan.FromMilliseconds(20);

    // Later than this the machine stood still: then not all that is overdue begins at once.
    private static readonly TimeSpan StandStill = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(10);

    private readonly IProberSet _probers;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Action<HealthTransition> _report;
    private readonly ILogger _logger;
    private readonly HealthLimits _limits;
    private readonly ITimer _timer;
    private readonly long _origin;

    private readonly ConcurrentQueue<Message> _mailbox = new();
    private int _pending;

    private readonly ConcurrentDictionary<HealthKey, Place> _places = new();
    private readonly Dictionary<HealthRunKey, HealthRun> _runs = [];
    private readonly PriorityQueue<HealthRun, TimeSpan> _due = new();
    private readonly List<HealthRun> _begun = [];
    private readonly Lane[] _lanes;
    private readonly Dictionary<string, TimeSpan> _told = [];
    // The one prober that begins nothing before it is told so.
    private IProber? _started;
    private TimeSpan? _armed;
    private volatile bool _isDisposed;

    /// <summary>Makes one that watches nothing yet.</summary>
    /// <param name="probers">What probes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Where chance comes from; nobody else may use it.</param>
    /// <param name="report">Gets each change of a verdict, one at a time and in order. It must return soon and not call back.</param>
    /// <param name="logger">Where it is told that this machine cannot probe.</param>
    /// <param name="limits">How much may be under way.</param>
    public HealthScheduler(IProberSet probers, TimeProvider time, Random random, Action<HealthTransition> report, ILogger logger, HealthLimits? limits = null)
    {
        _probers = probers;
        _time = time;
        _random = random;
        _report = report;
        _logger = logger;
        _limits = limits ?? new HealthLimits();
        _lanes = [new Lane(_limits.Plain), new Lane(_limits.Managed), new Lane(_limits.Scripts)];
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(static self => ((HealthScheduler)self!).Post(new Message(MessageKind.Tick)), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What leads marked probes; null (default) = nothing is known of it.</summary>
    public IDataPath? DataPath { get; set; }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Watches these servers and no others. Those that were watched before keep what is known of them, also where only the way they are checked is another.</summary>
    /// <param name="servers">All servers of all rules that have a check.</param>
    public void Watch(IReadOnlyCollection<WatchedServer> servers) => Post(new Message(MessageKind.Watch) { Servers = servers });

    /// <summary>Watches some servers in another way, or no more; the others as before.</summary>
    /// <param name="removed">Those that are not watched any more.</param>
    /// <param name="changed">Those that are watched from now on, or in another way.</param>
    public void Change(IReadOnlyCollection<HealthKey> removed, IReadOnlyCollection<WatchedServer> changed) => Post(new Message(MessageKind.Change) { Servers = changed, Removed = removed });

    /// <summary>What is known of a server now, without waiting for anybody; null if it is not watched.</summary>
    public HealthReading? Read(HealthKey key)
    {
        if (!_places.TryGetValue(key, out var place))
            return null;
        if (place.Run is not { } run)
            return new HealthReading(ServerHealth.Disabled, 0, null, null, null, null);
        var state = run.Cell.Read();
        var (now, utc) = (Now, _time.GetUtcNow());
        return new HealthReading(state.Status, state.Failures, utc + (state.Last - now), utc + (state.Next - now), state.RoundTrip, state.Reason);
    }

    /// <summary>Ends all checks; nothing is reported from then on.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _timer.Dispose();
    }

    /// <summary>A probe of a run ended.</summary>
    internal void PostDone(HealthRun run, Probe probe, in ProbeOutcome outcome)
    {
        // Where what leads the probes of a server was taken, by a flush for example, it is not the server that fails.
        if (outcome.Event.Kind == HealthEventKind.Failed && probe.Mark != 0 && DataPath is { } path)
            _ = ConfirmAsync(path, run, probe, outcome);
        else
            Post(new Message(MessageKind.Done) { Run = run, Probe = probe, Outcome = outcome });
    }

    /// <summary>Starts a probe as soon as its kind has room for it.</summary>
    internal void Launch(HealthRun run, Probe probe)
    {
        var lane = _lanes[(int)probe.Kind];
        if (lane.InFlight >= lane.Limit)
            lane.Waiting.Enqueue((run, probe));
        else
            Start(lane, run, probe);
    }

    private void Start(Lane lane, HealthRun run, Probe probe)
    {
        lane.InFlight++;
        // Of no other is it asked, and to read the clock for each probe costs more than the rest here.
        if (run.HasManyPorts)
            run.NoteBegun(Now);
        if ((probe.Target.Obstacle ?? (probe.Mark == 0 ? null : DataPath?.ObstacleOf(probe))) is { } obstacle)
        {
            PostDone(run, probe, ProbeOutcome.NotRun(obstacle));
            return;
        }

        try
        {
            var prober = _probers.For(probe.Test);
            prober.Start(probe, run);
            if (probe.Kind == ProbeKind.Plain)
                _started = prober;
        }
        catch (Exception e)
        {
            // As a namespace that is not there, or not any more.
            PostDone(run, probe, ProbeOutcome.NotRun(e.Message));
        }
    }

    private async Task ConfirmAsync(IDataPath path, HealthRun run, Probe probe, ProbeOutcome outcome)
    {
        // Not on the thread that probes: the kernel may be busy.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        string? reason;
        try
        {
            reason = await path.LookAsync(probe).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            reason = e.Message;
        }

        Post(new Message(MessageKind.Done) { Run = run, Probe = probe, Outcome = reason is null ? outcome.Before($"VIP {probe.Address} through the server: ") : ProbeOutcome.NotRun(reason) });
    }

    // Whoever finds nobody at work works until nothing waits.
    private void Post(in Message message)
    {
        _mailbox.Enqueue(message);
        if (Interlocked.Increment(ref _pending) != 1)
            return;
        do
        {
            _mailbox.TryDequeue(out var next);
            try
            {
                if (!_isDisposed)
                    Handle(next);
            }
            catch (Exception e)
            {
                Log.HealthStumbled(_logger, e);
            }
        }
        while (Interlocked.Decrement(ref _pending) > 0);
    }

    private void Handle(in Message message)
    {
        switch (message.Kind)
        {
            case MessageKind.Done:
                Finish(message.Run!, message.Probe!, message.Outcome);
                break;
            case MessageKind.Tick:
                Tick();
                break;
            case MessageKind.Watch:
                Remove(Others(message.Servers!));
                Set(message.Servers!);
                break;
            default:
                Remove(message.Removed!);
                Set(message.Servers!);
                break;
        }

        _started?.Flush();
        _started = null;
        Arm();
    }

    private HealthKey[] Others(IReadOnlyCollection<WatchedServer> servers)
    {
        var keys = servers.Select(static server => server.Key).ToHashSet();
        return [.. _places.Keys.Where(key => !keys.Contains(key))];
    }

    private void Set(IReadOnlyCollection<WatchedServer> servers)
    {
        // Many servers share a check: then their runs do too.
        var nameless = new Dictionary<HealthCheck, HealthCheck>(ReferenceEqualityComparer.Instance);
        foreach (var server in servers)
        {
            if (!nameless.TryGetValue(server.Check, out var check))
                nameless.Add(server.Check, check = server.Check with { Name = "" });
            Set(server, check);
        }

        var window = TimeSpan.FromSeconds((double)_begun.Count / _limits.StartsPerSecond);
        foreach (var run in _begun)
        {
            if (!run.IsDropped)
                Apply(run, HealthEvent.Begin(window));
        }

        _begun.Clear();
    }

    private void Set(WatchedServer server, HealthCheck nameless)
    {
        var key = server.IsEnabled ? new HealthRunKey(nameless, server.Target.For(nameless.Test)) : null;
        var isNew = !_places.TryGetValue(server.Key, out var before);
        if (!isNew && before!.Run?.Key == key)
        {
            if (before.Ports != server.Target.Ports)
                _places[server.Key] = before with { Ports = server.Target.Ports };
            return;
        }

        var from = before is null ? server.Known : before.Status;
        HealthRun? run = null;
        if (key is not null && !_runs.TryGetValue(key, out run))
        {
            run = new HealthRun(this, key, Inherited(before, server));
            _runs.Add(key, run);
            _begun.Add(run);
        }

        run?.Keys.Add(server.Key);
        _places[server.Key] = new Place(run, server.Target.Ports);
        if (before?.Run is { } old)
            Leave(old, server.Key);
        // That a server is disabled when it is first heard of is no news.
        if (run is not null || before is not null)
            Report(server.Key, from, run);
    }

    // Nobody goes out of service, or comes back, because he is checked in another way from now on. Another address is another server.
    private static HealthState Inherited(Place? before, WatchedServer server) =>
        before?.Run is not { } run ? new HealthState { Status = server.Known == ServerHealth.Disabled ? ServerHealth.Unknown : server.Known }
            : run.Key.Target.Server.Equals(server.Target.Server) && before.Ports == server.Target.Ports ? run.Cell.Own
            : default;

    private void Remove(IReadOnlyCollection<HealthKey> keys)
    {
        foreach (var key in keys)
        {
            if (_places.TryRemove(key, out var place) && place.Run is { } run)
                Leave(run, key);
        }
    }

    private void Leave(HealthRun run, HealthKey key)
    {
        run.Keys.Remove(key);
        if (run.Keys.Count > 0)
            return;
        run.IsDropped = true;
        _runs.Remove(run.Key);
    }

    private void Finish(HealthRun run, Probe probe, in ProbeOutcome outcome)
    {
        var lane = _lanes[(int)probe.Kind];
        lane.InFlight--;
        if (!run.IsDropped && run.Finish(probe, outcome, Now) is { } end)
        {
            if (end.Event.Kind == HealthEventKind.NotRun)
                Tell(end.Event.Reason!);
            Apply(run, end.Event);
        }

        while (lane.InFlight < lane.Limit && lane.Waiting.TryDequeue(out var next))
        {
            if (!next.Run.IsDropped)
                Start(lane, next.Run, next.Probe);
        }
    }

    private void Apply(HealthRun run, in HealthEvent what)
    {
        var before = run.Cell.Own.Status;
        var state = Health.Next(run.Cell.Own, run.Check, what, Now, _random);
        run.Cell.Write(state);
        if (state.Status != before)
        {
            foreach (var key in run.Keys)
                Report(key, before, run);
        }

        if (state.Step != HealthStep.None)
            run.Start(state.Step, Now, _random);
        else if (state.Next is { } next)
            Schedule(run, next);
    }

    private void Report(HealthKey key, ServerHealth from, HealthRun? run)
    {
        var state = run?.Cell.Own ?? new HealthState { Status = ServerHealth.Disabled };
        if (state.Status != from)
            _report(new HealthTransition(key, from, state.Status, state.Status is ServerHealth.Dead or ServerHealth.Unreachable ? state.Reason : null, _time.GetUtcNow()));
    }

    // The same trouble is told once in a while, not for each server.
    private void Tell(string reason)
    {
        var now = Now;
        if (_told.TryGetValue(reason, out var last) && now - last < TellAgain)
            return;
        if (_told.Count >= 100)
            _told.Clear();
        _told[reason] = now;
        Log.CannotProbe(_logger, reason);
    }

    // As with the prober's slots: a run has one place in the queue, and is put there anew when that comes up too early.
    private void Schedule(HealthRun run, TimeSpan due)
    {
        if (run.Queued <= due)
            return;
        run.Queued = due;
        _due.Enqueue(run, due);
    }

    private void Tick()
    {
        _armed = null;
        var now = Now;
        var isLate = _due.TryPeek(out _, out var first) && now - first > StandStill;
        var atOnce = isLate ? Math.Max(1, _limits.StartsPerSecond / 20) : int.MaxValue;
        List<HealthRun>? later = null;
        while (_due.TryPeek(out var run, out var due) && due <= now)
        {
            _due.Dequeue();
            if (run.Queued != due)
                continue;
            run.Queued = null;
            var state = run.Cell.Own;
            if (run.IsDropped || state.Step != HealthStep.None || state.Next is not { } next)
                continue;
            if (next > now)
                Schedule(run, next);
            else if (atOnce-- > 0)
                Apply(run, HealthEvent.Due);
            else
                (later ??= []).Add(run);
        }

        if (later is null)
            return;
        var window = TimeSpan.FromSeconds((double)later.Count / _limits.StartsPerSecond);
        foreach (var run in later)
            Apply(run, HealthEvent.Postpone(window));
    }

    private void Arm()
    {
        if (_isDisposed || !_due.TryPeek(out _, out var first) || _armed <= first)
            return;
        _armed = first;
        var wait = first - Now;
        // In whole milliseconds, the timer's own: one that came too early would come again and again.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling((wait > Granularity ? wait : Granularity).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private enum MessageKind : byte
    {
        Tick,
        Done,
        Watch,
        Change,
    }

    private readonly struct Message(MessageKind kind)
    {
        public MessageKind Kind { get; } = kind;

        public HealthRun? Run { get; init; }

        public Probe? Probe { get; init; }

        public ProbeOutcome Outcome { get; init; }

        public IReadOnlyCollection<WatchedServer>? Servers { get; init; }

        public IReadOnlyCollection<HealthKey>? Removed { get; init; }
    }

    /// <summary>A server in a rule; without a run it is disabled. Its ports, for a test that does not look at them is made without.</summary>
    private sealed record Place(HealthRun? Run, PortRange? Ports)
    {
        public ServerHealth Status => Run?.Cell.Own.Status ?? ServerHealth.Disabled;
    }

    private sealed class Lane(int limit)
    {
        public int Limit { get; } = limit;

        public int InFlight { get; set; }

        public Queue<(HealthRun Run, Probe Probe)> Waiting { get; } = new();
    }
}
