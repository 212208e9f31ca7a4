using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for treatment of a disabled rule's packets: <c>refuse</c>, <c>pass</c>.</summary>
public static class DisabledTrafficNames
{
    private static readonly NameTable<DisabledTraffic> Table = new(
        "treatment of a disabled rule's packets",
        (DisabledTraffic.Refuse, ["refuse"]),
        (DisabledTraffic.Pass, ["pass"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static DisabledTraffic Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out DisabledTraffic value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this DisabledTraffic value) => Table.ToText(value);
}
