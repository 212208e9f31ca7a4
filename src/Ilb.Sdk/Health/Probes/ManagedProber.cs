using System.Net.Sockets;
using System.Security.Authentication;

namespace Ilb;

/// <summary>What probers by the base library share: the time limit, and that whatever happens ends in one outcome.</summary>
internal abstract class ManagedProber : IProber, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <inheritdoc/>
    public void Start(Probe probe, IProbeSink sink) => ThreadPool.UnsafeQueueUserWorkItem(new Work(this, probe, sink), preferLocal: false);

    /// <summary>Gives up what is under way; nobody is told.</summary>
    public virtual void Dispose()
    {
        _stop.Cancel();
        GC.SuppressFinalize(this);
    }

    /// <summary>Probes.</summary>
    /// <param name="probe">What.</param>
    /// <param name="progress">Where it says what it does, for the words of a time-out.</param>
    /// <param name="cancellationToken">Set when the time is over.</param>
    protected abstract Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken);

    /// <summary>Connects a socket to where the probe goes.</summary>
    protected static async Task<Socket> ConnectAsync(ProbeNetwork network, Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        progress.Doing = "connecting";
        var socket = network.Open(probe, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            // Closed by a reset, IPVS takes the connection for closed at once, whatever net.ipv4.vs.conn_reuse_mode is: else it could lead a probe of another server that gets the same port within two minutes.
            if (probe.Mark != 0)
                socket.LingerState = new LingerOption(true, 0);
            await socket.ConnectAsync(probe.Address, probe.Port, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw ProbeException.NotRun("no local port is free");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task RunAsync(Probe probe, IProbeSink sink)
    {
        var progress = new ProbeProgress();
        var outcome = await OutcomeAsync(probe, progress).ConfigureAwait(false);
        if (!_stop.IsCancellationRequested)
            sink.Done(probe, outcome);
    }

    /// <summary>Ends a conversation. A server that resets it instead of hearing the last word has shown by then what it is.</summary>
    protected static async Task SayGoodbyeAsync(Task goodbye)
    {
        try
        {
            await goodbye.ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It needs none.
        }
    }

    private async Task<ProbeOutcome> OutcomeAsync(Probe probe, ProbeProgress progress)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(probe.Timeout);
        try
        {
            return await ProbeAsync(probe, progress, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return Explain(e, probe, progress, limit.IsCancellationRequested);
        }
    }

    private static ProbeOutcome Explain(Exception e, Probe probe, ProbeProgress progress, bool isLate)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is ProbeException known)
                return known.Outcome;
        }

        if (isLate)
            return ProbeOutcome.Failed(ProbeText.TimedOut(probe.Timeout, progress.Doing));
        // The innermost that says something: what is around it says the same in more general words.
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket)
                return ProbeOutcome.Failed(ProbeText.Of(socket));
        }

        return ProbeOutcome.Failed(e switch
        {
            EndOfStreamException or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => $"closed the connection {progress.Doing}",
            AuthenticationException => $"TLS handshake failed: {ProbeText.Line((e.InnerException ?? e).Message)}",
            IOException when progress.Doing == ProbeProgress.Handshake => $"TLS handshake failed: {ProbeText.Line(e.Message)}",
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => "answered something that is not HTTP",
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => "answered with more than 64 KiB of headers",
            _ => ProbeText.Line((e.InnerException ?? e).Message),
        });
    }

    private sealed class Work(ManagedProber prober, Probe probe, IProbeSink sink) : IThreadPoolWorkItem
    {
        public void Execute() => _ = prober.RunAsync(probe, sink);
    }
}
