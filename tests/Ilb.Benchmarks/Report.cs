using System.Globalization;

namespace Ilb.Benchmarks;

/// <summary>Collects what was measured and prints it: only the ratios within one run mean anything.</summary>
internal sealed class Report
{
    private readonly List<(string Work, string Who, double[] Times)> _rows = [];
    private readonly List<string> _ratios = [];

    public void Add(string work, string who, IEnumerable<TimeSpan> times) => _rows.Add((work, who, times.Select(time => time.TotalMilliseconds).ToArray()));

    /// <summary>The value in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return ordered[ordered.Length / 2];
    }

    /// <summary>How the medians of two rows compare, and what DESIGN.md wants.</summary>
    public void Ratio(string work, string ours, string peer, double wanted, bool faster)
    {
        double[] a = Times(ours, work), b = Times(peer, work);
        // Measured in turn, each with its neighbour: what slows the machine down for a while slows both.
        double ratio = Median(a.Zip(b, (one, other) => faster ? other / one : one / other));
        bool good = faster ? ratio >= wanted : ratio <= wanted;
        string verdict = faster
            ? string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0} times faster than {peer} (target: at least {wanted:0.#})")
            : string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} times the time of {peer} (target: at most {wanted:0.0#})");
        _ratios.Add($"{work}: {verdict}{(good ? "" : "  MISSED")}");
    }

    /// <summary>The times of one kind of work, of which 99 in 100 are to be at most so many milliseconds.</summary>
    public void Percentiles(string work, string part, IReadOnlyCollection<TimeSpan> times, double wanted)
    {
        double[] ordered = [.. times.Select(time => time.TotalMilliseconds).Order()];
        double p50 = ordered[ordered.Length / 2], p99 = ordered[ordered.Length * 99 / 100];
        _ratios.Add(string.Create(CultureInfo.InvariantCulture, $"{work}, {part}: p50 {p50:0.00} ms, p99 {p99:0.00} ms (target: at most {wanted} ms){(p99 <= wanted ? "" : "  MISSED")}"));
    }

    /// <summary>How much was done in a second, and what DESIGN.md wants.</summary>
    public void Rate(string work, string unit, double rate, double wanted) =>
        _ratios.Add(string.Create(CultureInfo.InvariantCulture, $"{work}: {rate:0} {unit} (target: at least {wanted}){(rate >= wanted ? "" : "  MISSED")}"));

    /// <summary>A number that is to be at most so much.</summary>
    public void Most(string work, string unit, double value, double wanted) =>
        _ratios.Add(string.Create(CultureInfo.InvariantCulture, $"{work}: {value:0.##} {unit} (target: at most {wanted}){(value <= wanted ? "" : "  MISSED")}"));

    /// <summary>A number without a target.</summary>
    public void Note(string work, string what) => _ratios.Add($"{work}: {what}");

    public void Print(TextWriter output)
    {
        if (_rows.Count > 0)
            output.WriteLine($"{"work",-44} {"by",-18} {"min",9} {"median",9} {"max",9}  ms");
        foreach (var (work, who, unordered) in _rows)
        {
            double[] times = [.. unordered.Order()];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{work,-44} {who,-18} {times[0],9:0.0} {times[times.Length / 2],9:0.0} {times[^1],9:0.0}  ({times.Length} runs)"));
        }

        output.WriteLine();
        foreach (string ratio in _ratios)
            output.WriteLine(ratio);
    }

    private double[] Times(string who, string work) => _rows.Single(row => row.Who == who && row.Work == work).Times;
}
