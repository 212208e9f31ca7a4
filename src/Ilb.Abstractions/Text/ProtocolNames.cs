using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for protocols: <c>TCP</c>, <c>UDP</c>, <c>SCTP</c>.</summary>
public static class ProtocolNames
{
    private static readonly NameTable<Protocol> Table = new(
        "protocol",
        (Protocol.Tcp, ["TCP"]),
        (Protocol.Udp, ["UDP"]),
        (Protocol.Sctp, ["SCTP"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static Protocol Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Protocol value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this Protocol value) => Table.ToText(value);
}
