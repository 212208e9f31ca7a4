using System.Diagnostics.CodeAnalysis;

namespace Ilb;

/// <summary>The words for address family: <c>inet</c>, <c>inet6</c>.</summary>
public static class IpFamilyNames
{
    private static readonly NameTable<IpFamily> Table = new(
        "address family",
        (IpFamily.Inet, ["inet"]),
        (IpFamily.Inet6, ["inet6"]));

    /// <summary>Each value's own word.</summary>
    public static ValueList<string> All => Table.Names;

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <exception cref="FormatException">There is no such word; the message lists those that there are.</exception>
    public static IpFamily Parse(string text) => Table.Parse(text);

    /// <summary>Reads a word.</summary>
    /// <param name="text">The word; case does not matter.</param>
    /// <param name="value">Its meaning.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out IpFamily value) => Table.TryParse(text, out value);

    /// <summary>The value's own word.</summary>
    /// <param name="value">The value.</param>
    public static string ToText(this IpFamily value) => Table.ToText(value);
}
