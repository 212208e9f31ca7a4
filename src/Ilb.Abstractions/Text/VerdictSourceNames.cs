using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for who found what is said of a server: <c>check</c>, <c>outside</c>, <c>passive</c>.</summary>
public static class VerdictSourceNames
{
    private static readonly NameTable<VerdictSource> Table = new(
        "source of a verdict",
        (VerdictSource.Check, ["check"]),
        (VerdictSource.Outside, ["outside"]),
        (VerdictSource.Passive, ["passive"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static VerdictSource Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out VerdictSource value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this VerdictSource value) => Table.ToText(value);
}
