using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What names a server for as long as its group exists: the group and a number there that no other server gets. In text, also in JSON, <c>_web.0</c>.</summary>
[JsonConverter(typeof(ServerIdConverter))]
public sealed record ServerId : IParsable<ServerId>
{
    /// <summary>The server group's name.</summary>
    public required string ServerGroup { get; init; }

    /// <summary>The server's number in the group, never given twice there.</summary>
    public required uint Number { get; init; }

    /// <summary>Reads <c>_web.0</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <exception cref="FormatException">The text is no server ID.</exception>
    public static ServerId Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out var result) ? result : throw new FormatException($"{Quote.Of(s)} is not a server ID such as _web.0");
    }

    /// <summary>Reads <c>_web.0</c>.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The ID.</param>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out ServerId result)
    {
        result = null;
        // The group's name may have dots itself, so the number is what follows the last one.
        if (s is not ['_', ..] || s.LastIndexOf('.') is var dot && dot < 2)
            return false;
        var digits = s.AsSpan(dot + 1);
        if (!uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || (digits.Length > 1 && digits[0] == '0'))
            return false;
        result = new ServerId { ServerGroup = s[1..dot], Number = number };
        return true;
    }

    /// <summary><c>_web.0</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"_{ServerGroup}.{Number}");
}
