using System.Globalization;
using System.Text;

namespace Ilb;

/// <summary>Texts of others in messages: names, values, paths.</summary>
public static class Quote
{
    /// <summary>The most characters of a text that are shown.</summary>
    public const int MaximumLength = 100;

    /// <summary>The text in <c>'…'</c>. Control characters are escaped, and what is longer than <see cref="MaximumLength"/> is cut and ends with <c>…</c>.</summary>
    /// <param name="text">The text; null = an empty one.</param>
    public static string Of(string? text)
    {
        if (text is null || (text.Length <= MaximumLength && text.All(static c => c is >= ' ' and <= '~')))
            return $"'{text}'";
        var isCut = text.Length > MaximumLength;
        var builder = new StringBuilder("'");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaximumLength)))
        {
            // Line and paragraph separators and marks of direction would change what stands around them.
            if (char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                builder.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") });
            else
                builder.Append(c);
        }

        return builder.Append(isCut ? "…'" : "'").ToString();
    }
}
