using System.ComponentModel;
using System.Globalization;
using System.Net;

namespace Ilb;

/// <summary>A program of the user's, called as the original does; see <see cref="ContainedProgram"/>.</summary>
internal sealed class ScriptProber(ProbeNetwork network) : ManagedProber
{
    // Of setpriv(1).
    private const int NotExecutable = 126;
    private const int NotFound = 127;

    private readonly Lock _turn = new();
    private readonly HashSet<ContainedProgram> _running = [];
    private bool _isDisposed;

    /// <summary>Kills what runs before it returns: the process may end right after, and what then runs has nobody who ends it.</summary>
    public override void Dispose()
    {
        base.Dispose();
        lock (_turn)
        {
            _isDisposed = true;
            foreach (var program in _running)
                program.Kill();
        }
    }

    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        if (!ContainedProgram.IsPossible)
            return ProbeOutcome.NotRun(ContainedProgram.Missing);
        progress.Doing = "and was killed";
        var program = Start(((ScriptTest)probe.Test).Path, probe);
        try
        {
            return await program.EndAsync(cancellationToken).ConfigureAwait(false) is { } end
                ? Judge(end.Output, end.Errors, end.ExitCode)
                : ProbeOutcome.Failed($"printed more than {ContainedProgram.MaximumOutput / 1024} KiB and was killed");
        }
        finally
        {
            lock (_turn)
                _running.Remove(program);
            program.Dispose();
        }
    }

    private static ProbeOutcome Judge(string output, string errors, int exitCode)
    {
        var said = output.Trim();
        // What could not be run at all is said here too, by setpriv.
        var because = ProbeText.Line(errors) is { Length: > 0 } line ? $": {line}" : "";
        // That is this machine's fault, not the server's.
        if (said.Length == 0 && exitCode is NotExecutable or NotFound && errors.StartsWith("setpriv: ", StringComparison.Ordinal))
            return ProbeOutcome.NotRun($"cannot run a program{because}");
        if (said.Length == 0)
            return ProbeOutcome.Failed($"printed nothing, exit {exitCode}{because}");
        if (!long.TryParse(said, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var microseconds) || microseconds < -1)
            return ProbeOutcome.Failed($"printed {Quote.Of(ProbeText.Line(said))}, wanted a time in µs, 0 or -1{because}");
        if (microseconds < 0)
            return ProbeOutcome.Failed($"the test says -1{because}");
        return ProbeOutcome.Alive(microseconds == 0 ? null : new TimeSpan(Math.Min(microseconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond));
    }

    private ContainedProgram Start(string path, Probe probe)
    {
        try
        {
            lock (_turn)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                var program = ContainedProgram.Start(path, Arguments(probe), [], network.Run);
                _running.Add(program);
                return program;
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw ProbeException.NotRun($"cannot start a program: {ProbeText.Line(e.Message)}");
        }
        catch (Netlink.NetlinkException e)
        {
            throw ProbeException.NotRun(e.Message);
        }
    }

    // VIP, server, protocol, mode, port, timeout in seconds.
    private static string[] Arguments(Probe probe) =>
    [
        (probe.Target.Vip ?? (probe.Target.Server.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any)).ToString(),
        probe.Target.Server.ToString(),
        probe.Target.Protocol.ToText(),
        probe.Target.Topology switch
        {
            Topology.Nat => "NAT",
            Topology.HalfNat => "HALF_NAT",
            Topology.Tun => "TUN",
            _ => "DSR",
        },
        probe.Port.ToString(CultureInfo.InvariantCulture),
        Math.Max(1, (long)Math.Ceiling(probe.Timeout.TotalSeconds)).ToString(CultureInfo.InvariantCulture),
    ];
}
