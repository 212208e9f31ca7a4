using System.ComponentModel;
using System.Diagnostics;

namespace Ilb.Tests;

/// <summary>A network namespace that lives as long as a process in it.</summary>
internal sealed class TemporaryNamespace : IDisposable
{
    private readonly Process _keeper;

    private TemporaryNamespace(Process keeper) => _keeper = keeper;

    public string Path => $"/proc/{_keeper.Id}/ns/net";

    /// <summary>Null where that is not allowed.</summary>
    /// <param name="commands">What a shell does in it first.</param>
    public static TemporaryNamespace? TryMake(string commands = ":")
    {
        try
        {
            var start = new ProcessStartInfo("/usr/bin/unshare", ["--net", "sh", "-c", $"set -e; {commands}; echo ready; exec cat"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            var keeper = Process.Start(start)!;
            if (keeper.StandardOutput.ReadLine() == "ready")
                return new TemporaryNamespace(keeper);
            keeper.Dispose();
        }
        catch (Win32Exception)
        {
            // No such program.
        }

        return null;
    }

    public void Dispose()
    {
        // It ends with its input.
        _keeper.StandardInput.Close();
        _keeper.WaitForExit();
        _keeper.Dispose();
    }
}
