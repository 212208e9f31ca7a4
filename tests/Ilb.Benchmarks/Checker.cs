using System.Diagnostics;

namespace Ilb.Benchmarks;

/// <summary>A program that checks servers and keeps IPVS accordingly, with all its processes.</summary>
internal sealed class Checker(Process first) : IDisposable
{
    // USER_HZ of proc(5), the same on all of Linux.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Processor time of all its processes, those that have ended and were waited for included.</summary>
    public TimeSpan ProcessorTime => All().Aggregate(TimeSpan.Zero, static (sum, process) => sum + (Stat(process)[11..15].Sum(long.Parse) * Tick));

    /// <summary>Resident memory of all its processes, in bytes; pages that they share count for each.</summary>
    public long Resident => All().Sum(static process => long.Parse(Stat(process)[21]) * Environment.SystemPageSize);

    /// <summary>How many processes it has.</summary>
    public int Processes => All().Count;

    public void Dispose()
    {
        foreach (int process in All())
        {
            try
            {
                Process.GetProcessById(process).Kill();
            }
            catch (ArgumentException)
            {
                // It has ended with its parent.
            }
        }

        first.WaitForExit();
        first.Dispose();
    }

    // The fields after the name, which may hold anything: the state is the first, utime, stime and those of its children from the twelfth on.
    private static string[] Stat(int process)
    {
        string line = File.ReadAllText($"/proc/{process}/stat");
        return line[(line.LastIndexOf(')') + 2)..].Split(' ');
    }

    private List<int> All()
    {
        List<int> found = [first.Id];
        for (int i = 0; i < found.Count; i++)
            found.AddRange(File.ReadAllText($"/proc/{found[i]}/task/{found[i]}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
        return found;
    }
}
