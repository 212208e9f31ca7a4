using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for what a health check found: <c>un-init</c>, <c>unreach</c>, <c>alive</c>, <c>dead</c>, <c>disabled</c>.</summary>
public static class ServerHealthNames
{
    private static readonly NameTable<ServerHealth> Table = new(
        "health",
        (ServerHealth.Unknown, ["un-init"]),
        (ServerHealth.Unreachable, ["unreach"]),
        (ServerHealth.Alive, ["alive"]),
        (ServerHealth.Dead, ["dead"]),
        (ServerHealth.Disabled, ["disabled"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static ServerHealth Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out ServerHealth value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this ServerHealth value) => Table.ToText(value);
}
