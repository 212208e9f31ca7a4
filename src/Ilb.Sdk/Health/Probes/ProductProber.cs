using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>A product's own <see cref="IHealthProbe"/>, whatever it does.</summary>
internal sealed class ProductProber(string name, IHealthProbe probe, ILogger logger) : ManagedProber
{
    private const int MaximumHanging = 64;

    private readonly ProbeThreads _threads = new($"ilb probe {name}");
    private int _hanging;

    protected override async Task<ProbeOutcome> ProbeAsync(Probe what, ProbeProgress progress, CancellationToken cancellationToken)
    {
        progress.Doing = $"in probe {Quote.Of(name)}";
        if (Volatile.Read(ref _hanging) >= MaximumHanging)
            return ProbeOutcome.NotRun($"probe {Quote.Of(name)} hangs: {MaximumHanging} of its runs did not end when their time was over");
        var context = new ProbeContext
        {
            Address = what.Target.Server,
            Port = what.Port == 0 ? null : what.Port,
            Vip = what.Target.Vip,
            Protocol = what.Target.Protocol,
            Topology = what.Target.Topology,
            Timeout = what.Timeout,
            Logger = logger,
        };
        // On a thread of its own, for it may block; and it is not awaited for longer than its time.
        var run = Task.Factory.StartNew(() => probe.ProbeAsync(context, cancellationToken), CancellationToken.None, TaskCreationOptions.None, _threads).Unwrap();
        try
        {
            var result = await run.WaitAsync(cancellationToken).ConfigureAwait(false);
            return result switch
            {
                null => ProbeOutcome.Failed($"probe {Quote.Of(name)} returned nothing"),
                { IsAlive: true } => ProbeOutcome.Alive(result.RoundTripTime ?? progress.Elapsed),
                _ => ProbeOutcome.Failed(ProbeText.Line(result.Reason!)),
            };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.ProbeThrew(logger, name, what.Target.Server, e);
            return ProbeOutcome.Failed(ProbeText.Line($"probe {Quote.Of(name)} failed: {e.Message}"));
        }
        finally
        {
            if (!run.IsCompleted)
            {
                Interlocked.Increment(ref _hanging);
                _ = run.ContinueWith(
                    static (ended, prober) =>
                    {
                        _ = ended.Exception;
                        Interlocked.Decrement(ref ((ProductProber)prober!)._hanging);
                    },
                    this,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
        }
    }
}
