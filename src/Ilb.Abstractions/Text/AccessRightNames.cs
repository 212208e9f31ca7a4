using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for rights: <c>enable</c>, <c>change</c>.</summary>
public static class AccessRightNames
{
    private static readonly NameTable<AccessRight> Table = new(
        "right",
        (AccessRight.Enable, ["enable"]),
        (AccessRight.Change, ["change"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static AccessRight Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out AccessRight value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this AccessRight value) => Table.ToText(value);
}
