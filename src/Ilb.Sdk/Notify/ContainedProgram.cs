using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Ilb;

/// <summary>
/// A program of the user's under way: in a session of its own, without this program's rights (as root: as <c>nobody</c>), with a clean environment, reading nothing. Whatever of it is left in its process group when this
/// is disposed is killed. Of what it prints only the beginning is kept.
/// </summary>
internal sealed class ContainedProgram : IDisposable
{
    /// <summary>So many bytes it may print, and write to stderr; then it is killed.</summary>
    public const int MaximumOutput = 64 * 1024;

    /// <summary>Why none can be run where <see cref="IsPossible"/> is false.</summary>
    public const string Missing = "programs need setsid and setpriv of util-linux, to run without this program's rights";

    private const int KillSignal = 9;
    private const string Nobody = "65534";

    private static readonly TimeSpan LeftOverWait = TimeSpan.FromSeconds(1);

    // util-linux; by absolute paths, for Process looks beside this program first.
    private static readonly string? SetSession = Find("setsid");
    private static readonly string? SetPrivileges = Find("setpriv");

    private readonly Process _process;

    private ContainedProgram(Process process) => _process = process;

    /// <summary>Whether this machine has what it takes.</summary>
    public static bool IsPossible => SetSession is not null && SetPrivileges is not null;

    /// <summary>Starts a program.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">Its environment besides PATH and LANG.</param>
    /// <param name="where">Runs what starts it, in a network namespace say.</param>
    /// <exception cref="Win32Exception">No process can be made.</exception>
    public static ContainedProgram Start(string path, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> variables, Func<Func<Process>, Process> where)
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
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        foreach (var argument in (string[])[SetPrivileges!, "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", .. ProbeCalls.EffectiveUser() == 0 ? (string[])[$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"] : [], "--", path, .. arguments])
            start.ArgumentList.Add(argument);
        return new ContainedProgram(where(() => Process.Start(start)!));
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>What it printed and its exit status; null if it printed more than <see cref="MaximumOutput"/>.</returns>
    public async Task<(string Output, string Errors, int ExitCode)?> EndAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var output = ReadAsync(_process.StandardOutput.BaseStream, over);
        var errors = ReadAsync(_process.StandardError.BaseStream, over);
        try
        {
            await _process.WaitForExitAsync(over.Token).ConfigureAwait(false);
            // Children that it left behind may hold the pipes open. They are killed; of one that hides in a session of its own the end is not awaited: what the program itself printed is there.
            Kill();
            over.CancelAfter(LeftOverWait);
            return (await output.ConfigureAwait(false), await errors.ConfigureAwait(false), _process.ExitCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            // They end with their time, and before the pipes do.
            await Task.WhenAll(output, errors).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        Kill();
        // Whoever has used them has to close them, or they stay open until the garbage is collected.
        _process.StandardInput.Dispose();
        _process.StandardOutput.Dispose();
        _process.StandardError.Dispose();
        _process.Dispose();
    }

    /// <summary>Kills it and its children, at once.</summary>
    public void Kill()
    {
        // It may still be on its way to a session of its own.
        if (ProbeCalls.Kill(-_process.Id, KillSignal) == 0 || _process.HasExited)
            return;
        try
        {
            _process.Kill();
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

    private static string? Find(string program) => Array.Find([$"/usr/bin/{program}", $"/bin/{program}", $"/usr/sbin/{program}"], File.Exists);
}
