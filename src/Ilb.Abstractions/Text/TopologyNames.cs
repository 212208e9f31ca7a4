using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for topologies: <c>DSR</c> (<c>d</c>), <c>NAT</c> (<c>n</c>), <c>HALF-NAT</c> (<c>h</c>), <c>TUN</c> (<c>t</c>).</summary>
public static class TopologyNames
{
    private static readonly NameTable<Topology> Table = new(
        "topology",
        (Topology.Dsr, ["DSR", "d"]),
        (Topology.Nat, ["NAT", "n"]),
        (Topology.HalfNat, ["HALF-NAT", "h"]),
        (Topology.Tun, ["TUN", "t"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static Topology Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Topology value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this Topology value) => Table.ToText(value);
}
