using System.Net.Sockets;
using System.Text;

namespace Ilb;

/// <summary>A mail server's greeting and its answer to EHLO (RFC 5321, sections 3.1, 3.2 and 4.2).</summary>
internal sealed class SmtpProber(ProbeNetwork network) : ManagedProber
{
    // No more lines of one answer than this.
    private const int MaximumLines = 100;

    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(network, probe, progress, cancellationToken).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);
        var lines = new LineStream(stream);
        progress.Doing = "waiting for the greeting";
        await ExpectAsync(lines, "220", "greeted with", cancellationToken).ConfigureAwait(false);
        var roundTrip = progress.Elapsed;
        progress.Doing = "waiting for the answer to EHLO";
        // An address in brackets is a valid name, and nobody looks it up (RFC 5321, section 4.1.3).
        var own = ((System.Net.IPEndPoint)socket.LocalEndPoint!).Address;
        await stream.WriteAsync(Encoding.ASCII.GetBytes(own.AddressFamily == AddressFamily.InterNetwork ? $"EHLO [{own}]\r\n" : $"EHLO [IPv6:{own}]\r\n"), cancellationToken).ConfigureAwait(false);
        await ExpectAsync(lines, "250", "answered EHLO with", cancellationToken).ConfigureAwait(false);
        await SayGoodbyeAsync(stream.WriteAsync("QUIT\r\n"u8.ToArray(), cancellationToken).AsTask()).ConfigureAwait(false);
        return ProbeOutcome.Alive(roundTrip);
    }

    private static async Task ExpectAsync(LineStream lines, string code, string did, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaximumLines; i++)
        {
            var line = await lines.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!line.StartsWith(code, StringComparison.Ordinal) || (line.Length > 3 && line[3] is not (' ' or '-')))
                throw ProbeException.Failed($"{did} {Quote.Of(line)}, wanted {code}");
            if (line.Length == 3 || line[3] == ' ')
                return;
        }

        throw ProbeException.Failed($"{did} more than {MaximumLines} lines");
    }
}
