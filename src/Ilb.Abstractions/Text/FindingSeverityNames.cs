using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for how bad a finding is: <c>note</c>, <c>warning</c>, <c>error</c>.</summary>
public static class FindingSeverityNames
{
    private static readonly NameTable<FindingSeverity> Table = new(
        "severity",
        (FindingSeverity.Note, ["note"]),
        (FindingSeverity.Warning, ["warning"]),
        (FindingSeverity.Error, ["error"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static FindingSeverity Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out FindingSeverity value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this FindingSeverity value) => Table.ToText(value);
}
