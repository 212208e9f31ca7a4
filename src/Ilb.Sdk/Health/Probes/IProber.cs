namespace Ilb;

/// <summary>What carries out probes of some kinds.</summary>
internal interface IProber
{
    /// <summary>Begins a probe and does not wait for it. The sink is told exactly once, from any thread, at the latest shortly after the probe's timeout; not at all once the prober is disposed.</summary>
    void Start(Probe probe, IProbeSink sink);

    /// <summary>Says that what was started may be begun now: several probes then begin in one go. Without it they may wait for ever.</summary>
    void Flush()
    {
    }
}
