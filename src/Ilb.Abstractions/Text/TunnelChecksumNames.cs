using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for tunnel checksum: <c>no</c>, <c>yes</c>, <c>remote</c>.</summary>
public static class TunnelChecksumNames
{
    private static readonly NameTable<TunnelChecksum> Table = new(
        "tunnel checksum",
        (TunnelChecksum.None, ["no"]),
        (TunnelChecksum.Full, ["yes"]),
        (TunnelChecksum.Remote, ["remote"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static TunnelChecksum Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out TunnelChecksum value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this TunnelChecksum value) => Table.ToText(value);
}
