namespace Ilb.Cli.Output;

/// <summary>Lines of cells in text.</summary>
internal static class Table
{
    /// <summary>A cell for a person: <c>--</c> stands for no value.</summary>
    public static string Shown(string? cell) => string.IsNullOrEmpty(cell) ? "--" : cell;

    public static void Write(TextWriter output, IReadOnlyList<string> header, IReadOnlyList<string[]> lines)
    {
        var widths = header.Select((name, place) => Math.Max(name.Length, lines.Count == 0 ? 0 : lines.Max(line => Shown(line[place]).Length))).ToArray();
        WriteLine(output, header, widths);
        foreach (var line in lines)
            WriteLine(output, [.. line.Select(Shown)], widths);
    }

    public static void WriteParsable(TextWriter output, IEnumerable<string[]> lines)
    {
        foreach (var line in lines)
            output.WriteLine(string.Join(':', line.Select(static cell => cell.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal))));
    }

    private static void WriteLine(TextWriter output, IReadOnlyList<string> cells, int[] widths)
    {
        for (var place = 0; place < cells.Count - 1; place++)
            output.Write(cells[place].PadRight(widths[place] + 1));
        output.WriteLine(cells[^1]);
    }
}
