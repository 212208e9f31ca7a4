using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for kind of tunnel: <c>ipip</c>, <c>gre</c>, <c>gue</c>.</summary>
public static class TunnelKindNames
{
    private static readonly NameTable<TunnelKind> Table = new(
        "kind of tunnel",
        (TunnelKind.Ipip, ["ipip"]),
        (TunnelKind.Gre, ["gre"]),
        (TunnelKind.Gue, ["gue"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static TunnelKind Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out TunnelKind value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this TunnelKind value) => Table.ToText(value);
}
