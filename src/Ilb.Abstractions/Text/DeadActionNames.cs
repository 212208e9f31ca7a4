using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for action on a dead server: <c>drain</c>, <c>cut</c>.</summary>
public static class DeadActionNames
{
    private static readonly NameTable<DeadAction> Table = new(
        "action on a dead server",
        (DeadAction.Drain, ["drain"]),
        (DeadAction.Cut, ["cut"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static DeadAction Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeadAction value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this DeadAction value) => Table.ToText(value);
}
