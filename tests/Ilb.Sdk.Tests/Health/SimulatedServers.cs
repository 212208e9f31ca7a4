using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Servers without sockets: a test says how each answers, and it does so at once, or when it is told to.</summary>
internal sealed class SimulatedServers(FakeTimeProvider time) : IProberSet, IProber
{
    private readonly Dictionary<IPAddress, ProbeOutcome> _outcomes = [];
    private readonly List<(Probe Probe, IProbeSink Sink)> _held = [];

    /// <summary>The probes that began, with their time.</summary>
    public List<(Probe Probe, TimeSpan At)> Begun { get; } = [];

    /// <summary>How many began.</summary>
    public long Count { get; private set; }

    /// <summary>Whether <see cref="Begun"/> is kept.</summary>
    public bool IsNoted { get; set; } = true;

    /// <summary>Whether answers wait for <see cref="Release"/>.</summary>
    public bool IsHeld { get; set; }

    /// <summary>How particular probes are answered, whatever the server does with others; null from it: as the others.</summary>
    public Func<Probe, ProbeOutcome?>? Particular { get; set; }

    /// <summary>How many wait.</summary>
    public int Held => _held.Count;

    /// <summary>How a server answers from now on, whatever is asked.</summary>
    public void Set(IPAddress server, ProbeOutcome outcome) => _outcomes[server] = outcome;

    public IProber For(HealthTest test) => this;

    public void Start(Probe probe, IProbeSink sink)
    {
        Count++;
        if (IsNoted)
            Begun.Add((probe, time.GetUtcNow() - time.Start));
        if (IsHeld)
            _held.Add((probe, sink));
        else
            sink.Done(probe, Answer(probe));
    }

    /// <summary>Answers so many that wait.</summary>
    public void Release(int count = int.MaxValue)
    {
        var now = _held.Take(count).ToArray();
        _held.RemoveRange(0, now.Length);
        foreach (var (probe, sink) in now)
            sink.Done(probe, Answer(probe));
    }

    private ProbeOutcome Answer(Probe probe) => Particular?.Invoke(probe) is { } particular ? particular : _outcomes.TryGetValue(probe.Target.Server, out var outcome) ? outcome : ProbeOutcome.Alive(TimeSpan.FromMilliseconds(1));
}
