namespace Ilb;

/// <summary>A TLS handshake, and what the certificate must be.</summary>
internal sealed class TlsProber(ProbeNetwork network, TlsHandshake handshake) : ManagedProber
{
    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(network, probe, progress, cancellationToken).ConfigureAwait(false);
        await using var stream = await handshake.DoAsync(socket, ((TlsTest)probe.Test).Tls, null, probe.Address, null, progress, cancellationToken).ConfigureAwait(false);
        var roundTrip = progress.Elapsed;
        // With a word of goodbye, or servers would note a broken connection each time.
        await SayGoodbyeAsync(stream.ShutdownAsync()).ConfigureAwait(false);
        return ProbeOutcome.Alive(roundTrip);
    }
}
