using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Ilb;

/// <summary>
/// A program of the user's, called as the original does. It runs in a session of its own, without this program's rights (as root: as <c>nobody</c>), and whatever of it is left in its process group when the
/// probe is over is killed. Of what it prints only the beginning is kept.
/// </summary>
internal sealed class ScriptProber(ProbeNetwork network) : ManagedProber
{
    private const int MaximumOutput = 64 * 1024;
    private const int KillSignal = 9;
    private const string Nobody = "65534";

    private static readonly TimeSpan LeftOverWait = TimeSpan.FromSeconds(1);

    // util-linux; by absolute paths, for Process looks beside this program first.
    private static readonly string? SetSession = Find("setsid");
    private static readonly string? SetPrivileges = Find("setpriv");

    protected override async Task<ProbeOutcome> ProbeAsync(Probe probe, ProbeProgress progress, CancellationToken cancellationToken)
    {
        var path = ((ScriptTest)probe.Test).Path;
        if (SetSession is null || SetPrivileges is null)
            return ProbeOutcome.NotRun("programs need setsid and setpriv of util-linux, to run without this program's rights");
        progress.Doing = "and was killed";
        using var process = Start(path, probe);
        try
        {
            process.StandardInput.Close();
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var output = ReadAsync(process.StandardOutput.BaseStream, over);
            var errors = ReadAsync(process.StandardError.BaseStream, over);
            try
            {
                await process.WaitForExitAsync(over.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return ProbeOutcome.Failed($"printed more than {MaximumOutput / 1024} KiB and was killed");
            }

            // Children that it left behind may hold the pipes open. They are killed; of one that hides in a session of its own the end is not awaited: what the program itself printed is there.
            KillGroup(process);
            over.CancelAfter(LeftOverWait);
            return Judge(await output.ConfigureAwait(false), await errors.ConfigureAwait(false), process.ExitCode);
        }
        finally
        {
            KillGroup(process);
        }
    }

    // Its last process may still be on its way to a session of its own.
    private static void KillGroup(Process process)
    {
        if (ProbeCalls.Kill(-process.Id, KillSignal) == 0 || process.HasExited)
            return;
        try
        {
            process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended by itself.
        }
    }

    private static async Task<string> ReadAsync(Stream stream, CancellationTokenSource over)
    {
        var text = new byte[MaximumOutput];
        var length = 0;
        try
        {
            while (await stream.ReadAsync(text.AsMemory(length), over.Token).ConfigureAwait(false) is > 0 and var read)
            {
                length += read;
                if (length < text.Length)
                    continue;
                await over.CancelAsync().ConfigureAwait(false);
                break;
            }
        }
        catch (OperationCanceledException)
        {
            // Its time is over; so far it printed this.
        }

        return Encoding.UTF8.GetString(text, 0, length);
    }

    private static ProbeOutcome Judge(string output, string errors, int exitCode)
    {
        var said = output.Trim();
        // What could not be run at all is said here too, by setpriv.
        var because = ProbeText.Line(errors) is { Length: > 0 } line ? $": {line}" : "";
        if (said.Length == 0)
            return ProbeOutcome.Failed($"printed nothing, exit {exitCode}{because}");
        if (!long.TryParse(said, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var microseconds) || microseconds < -1)
            return ProbeOutcome.Failed($"printed {Quote.Of(ProbeText.Line(said))}, wanted a time in µs, 0 or -1{because}");
        if (microseconds < 0)
            return ProbeOutcome.Failed($"the test says -1{because}");
        return ProbeOutcome.Alive(microseconds == 0 ? null : new TimeSpan(Math.Min(microseconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond));
    }

    private Process Start(string path, Probe probe)
    {
        var start = new ProcessStartInfo(SetSession!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        foreach (var argument in (string[])[SetPrivileges!, "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", .. ProbeCalls.EffectiveUser() == 0 ? (string[])[$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"] : [], "--", path, .. Arguments(probe)])
            start.ArgumentList.Add(argument);
        try
        {
            return network.Run(() => Process.Start(start)!);
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

    private static string? Find(string program) => Array.Find([$"/usr/bin/{program}", $"/bin/{program}", $"/usr/sbin/{program}"], File.Exists);
}
