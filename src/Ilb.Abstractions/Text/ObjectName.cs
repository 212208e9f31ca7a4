using System.Buffers;

namespace Ilb;

/// <summary>Names of rules, server groups and other objects: <c>[A-Za-z0-9][A-Za-z0-9._-]*</c>, up to 63 characters, case-sensitive.</summary>
public static class ObjectName
{
    /// <summary>What names of objects and hosts are made of.</summary>
    internal static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The most characters of a name.</summary>
    public const int MaximumLength = 63;

    /// <summary>Whether a text can be a name.</summary>
    /// <param name="text">The text.</param>
    public static bool IsValid(string? text) => text is { Length: > 0 and <= MaximumLength } && char.IsAsciiLetterOrDigit(text[0])
        && !text.AsSpan().ContainsAnyExcept(Characters);
}
