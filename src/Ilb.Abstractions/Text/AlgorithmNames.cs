using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for algorithms: <c>roundrobin</c> (<c>rr</c>), <c>hash-ip</c> (<c>hip</c>), <c>hash-ip-port</c> (<c>hipp</c>), <c>hash-ip-vip</c> (<c>hipv</c>), and the kernel's schedulers by name.</summary>
public static class AlgorithmNames
{
    private static readonly NameTable<Algorithm> Table = new(
        "algorithm",
        (Algorithm.RoundRobin, ["roundrobin", "rr"]),
        (Algorithm.HashIp, ["hash-ip", "hip"]),
        (Algorithm.HashIpPort, ["hash-ip-port", "hipp"]),
        (Algorithm.HashIpVip, ["hash-ip-vip", "hipv"]),
        (Algorithm.WeightedRoundRobin, ["wrr"]),
        (Algorithm.LeastConnections, ["lc"]),
        (Algorithm.WeightedLeastConnections, ["wlc"]),
        (Algorithm.LocalityBasedLeastConnections, ["lblc"]),
        (Algorithm.LocalityBasedLeastConnectionsWithReplication, ["lblcr"]),
        (Algorithm.DestinationHashing, ["dh"]),
        (Algorithm.SourceHashing, ["sh"]),
        (Algorithm.ShortestExpectedDelay, ["sed"]),
        (Algorithm.NeverQueue, ["nq"]),
        (Algorithm.WeightedFailover, ["fo"]),
        (Algorithm.WeightedOverflow, ["ovf"]),
        (Algorithm.MaglevHashing, ["mh"]),
        (Algorithm.PowerOfTwoChoices, ["twos"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static Algorithm Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Algorithm value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this Algorithm value) => Table.ToText(value);
}
