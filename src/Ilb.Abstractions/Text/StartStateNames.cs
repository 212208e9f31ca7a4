using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for state at the start: <c>up</c>, <c>down</c>.</summary>
public static class StartStateNames
{
    private static readonly NameTable<StartState> Table = new(
        "state at the start",
        (StartState.Up, ["up"]),
        (StartState.Down, ["down"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static StartState Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out StartState value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this StartState value) => Table.ToText(value);
}
