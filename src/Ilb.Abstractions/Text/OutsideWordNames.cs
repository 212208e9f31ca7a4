using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for what somebody outside says of a server: <c>alive</c>, <c>dead</c>, <c>withdrawn</c>.</summary>
public static class OutsideWordNames
{
    private static readonly NameTable<OutsideWord> Table = new(
        "verdict",
        (OutsideWord.Alive, ["alive"]),
        (OutsideWord.Dead, ["dead"]),
        (OutsideWord.Withdrawn, ["withdrawn"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static OutsideWord Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out OutsideWord value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this OutsideWord value) => Table.ToText(value);
}
