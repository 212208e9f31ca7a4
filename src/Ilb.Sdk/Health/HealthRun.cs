namespace Ilb;

/// <summary>A check of a server that is made, for one rule or for several that ask the same. Only the <see cref="HealthScheduler"/>'s loop touches it, but for what others read of <see cref="Cell"/>.</summary>
internal sealed class HealthRun : IProbeSink
{
    // With hc-port=ALL: how many ports of a server are looked at at the same time.
    private const int PortsAtOnce = 16;

    private readonly HealthScheduler _scheduler;
    private readonly Probe? _test;
    private Probe? _ping;
    // With hc-port=ALL: since when its ports are looked at, less the time in which all of them wait for others.
    private TimeSpan _began;
    private TimeSpan _idleSince;
    private int _inFlight;
    private int _nextPort;
    private int _outstanding;
    private ProbeOutcome? _failure;
    private TimeSpan? _slowest;

    public HealthRun(HealthScheduler scheduler, HealthRunKey key, in HealthState state)
    {
        _scheduler = scheduler;
        Key = key;
        // Kept, where each probe is like the other.
        if (key.Target.PortCount == 1 && (key.Target.Port.Port is not null || key.Target.Ports is null or { Count: 1 }))
            _test = new Probe(Check.Test, key.Target, key.Target.PortAt(0, Random.Shared), Check.Timeout);
        Cell.Write(state);
    }

    public HealthRunKey Key { get; }

    public HealthCheck Check => Key.Check;

    /// <summary>What is known.</summary>
    public HealthCell Cell { get; } = new();

    /// <summary>Whose it is.</summary>
    public List<HealthKey> Keys { get; } = new(1);

    /// <summary>Nobody's any more.</summary>
    public bool IsDropped { get; set; }

    /// <summary>Its place in the queue of what is due; null if it has none.</summary>
    public TimeSpan? Queued { get; set; }

    /// <summary>Whether several ports are looked at, all of which must answer.</summary>
    public bool HasManyPorts => Key.Target.PortCount > 1;

    /// <inheritdoc/>
    void IProbeSink.Done(Probe probe, in ProbeOutcome outcome) => _scheduler.PostDone(this, probe, outcome);

    /// <summary>Starts what a step consists of.</summary>
    public void Start(HealthStep step, TimeSpan now, Random random)
    {
        if (step == HealthStep.Ping)
        {
            _scheduler.Launch(this, _ping ??= new Probe(new PingTest(), Key.Target, 0, Check.Timeout));
            return;
        }

        if (!HasManyPorts)
        {
            _scheduler.Launch(this, _test ?? new Probe(Check.Test, Key.Target, Key.Target.PortAt(0, random), Check.Timeout));
            return;
        }

        (_began, _idleSince, _inFlight, _nextPort, _outstanding, _failure, _slowest) = (now, now, 0, 0, 0, null, null);
        while (_outstanding < PortsAtOnce && _nextPort < Key.Target.PortCount)
            LaunchPort(Check.Timeout);
    }

    /// <summary>With <see cref="HasManyPorts"/>: a probe of it has its place among all that are under way, and only now its time begins.</summary>
    public void NoteBegun(TimeSpan now)
    {
        if (_inFlight++ == 0)
            _began += now - _idleSince;
    }

    /// <summary>Takes the end of a probe.</summary>
    /// <returns>The step's end; null if more is under way.</returns>
    public ProbeOutcome? Finish(Probe probe, in ProbeOutcome outcome, TimeSpan now)
    {
        if (!HasManyPorts || probe == _ping)
            return outcome;
        _outstanding--;
        if (--_inFlight == 0)
            _idleSince = now;
        if (outcome.IsAlive)
            _slowest = outcome.Event.RoundTrip > _slowest || _slowest is null ? outcome.Event.RoundTrip : _slowest;
        // That one could not be looked at says less than that one fails.
        else if (_failure is null || (_failure.Value.Event.Kind == HealthEventKind.NotRun && outcome.Event.Kind == HealthEventKind.Failed))
            _failure = outcome.Before($"port {probe.Port}: ");
        if (_failure is null && _nextPort < Key.Target.PortCount)
        {
            // All ports together have the time of one test, so that a server is not found dead later than it should.
            var left = Check.Timeout - (now - _began);
            if (left > TimeSpan.Zero)
                LaunchPort(left);
            else
                _failure = ProbeOutcome.Failed(ProbeText.TimedOut(Check.Timeout, $"before {Key.Target.PortCount - _nextPort} of {Key.Target.PortCount} ports were looked at"));
        }

        return _outstanding > 0 ? null : _failure ?? ProbeOutcome.Alive(_slowest);
    }

    private void LaunchPort(TimeSpan timeout)
    {
        _outstanding++;
        _scheduler.Launch(this, new Probe(Check.Test, Key.Target, Key.Target.PortAt(_nextPort++, Random.Shared), timeout));
    }
}
