using System.CommandLine;
using Ilb.Cli.Commands;

namespace Ilb.Cli.Output;

/// <summary>The options by which show commands choose columns and form, and their output.</summary>
/// <typeparam name="T">What a line is about.</typeparam>
internal sealed class Report<T>(IReadOnlyList<Column<T>> columns)
{
    private readonly Option<bool> _parsable = new("-p", "--parsable") { Description = "Fields separated by ':', '\\' before ':' and '\\', no header; needs -o", Arity = ArgumentArity.Zero };
    private readonly Option<string[]> _columns = new("-o", "--columns") { Description = $"The columns: all, or of {string.Join(", ", columns.Select(static column => column.Name))}", HelpName = "COLUMN,..." };
    private readonly Option<bool> _json = new("--json") { Description = "As JSON", Arity = ArgumentArity.Zero };

    public IEnumerable<Option> Options => [_parsable, _columns, _json];

    public bool IsJson(ParseResult result) => result.GetValue(_json);

    public bool HasColumns(ParseResult result) => result.GetResult(_columns) is not null;

    public bool IsParsable(ParseResult result) => result.GetValue(_parsable);

    /// <summary>The columns that are asked for; what is wrong goes to <paramref name="errors"/>.</summary>
    public IReadOnlyList<Column<T>> Choose(ParseResult result, List<string> errors)
    {
        var names = result.Of(_columns).SelectMany(static text => text.Split(',')).ToArray();
        if (IsJson(result) && (HasColumns(result) || IsParsable(result)))
            errors.Add("--json does not go with -o or -p");
        if (IsParsable(result) && !HasColumns(result))
            errors.Add("-p needs -o with the columns");
        if (!HasColumns(result))
            return [.. columns.Where(static column => column.IsDefault)];
        if (names is [var only] && string.Equals(only, "all", StringComparison.OrdinalIgnoreCase))
        {
            if (IsParsable(result))
                errors.Add("-p does not go with -o all: later versions may have more columns");
            return [.. columns.Where(static column => !column.IsOnlyByName)];
        }

        var chosen = new List<Column<T>>();
        foreach (var name in names)
        {
            if (columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase)) is { } column)
                chosen.Add(column);
            else
                errors.Add($"-o: unknown column {Quote.Of(name)}{Suggestion.For(name, columns.Select(static column => column.Name))}; known are {string.Join(", ", columns.Select(static column => column.Name))}");
        }

        return chosen;
    }

    /// <summary>Writes lines as a table or parsable.</summary>
    public void Write(ParseResult result, TextWriter output, IReadOnlyList<Column<T>> chosen, IEnumerable<T> lines)
    {
        var cells = lines.Select(line => chosen.Select(column => column.Value(line) ?? "").ToArray());
        if (IsParsable(result))
            Table.WriteParsable(output, cells);
        else
            Table.Write(output, [.. chosen.Select(static column => column.Name)], [.. cells]);
    }

    /// <summary>Writes everything of each line, one value a line.</summary>
    public void WriteFull(TextWriter output, IEnumerable<T> lines)
    {
        var shown = columns.Where(static column => !column.IsOnlyByName).ToArray();
        var width = shown.Max(static column => column.Name.Length);
        var isFirst = true;
        foreach (var line in lines)
        {
            if (!isFirst)
                output.WriteLine();
            isFirst = false;
            foreach (var column in shown)
                output.WriteLine($"{column.Name.PadLeft(width)}: {Table.Shown(column.Value(line))}");
        }
    }
}
