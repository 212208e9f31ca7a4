namespace Ilb;

/// <summary>The words of an enumeration: each value's own first, then its other spellings. Compared without regard to case.</summary>
internal sealed class NameTable<T>(string what, params (T Value, string[] Words)[] rows)
    where T : struct, Enum
{
    /// <summary>Each value's own word.</summary>
    public ValueList<string> Names { get; } = rows.Select(static row => row.Words[0]).ToValueList();

    public bool TryParse(string? text, out T value)
    {
        foreach (var (candidate, words) in rows)
        {
            foreach (var word in words)
            {
                if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                {
                    value = candidate;
                    return true;
                }
            }
        }

        value = default;
        return false;
    }

    public T Parse(string text) => TryParse(text, out var value)
        ? value
        : throw new FormatException($"{Quote.Of(text)} is not {("aeiou".Contains(what[0], StringComparison.Ordinal) ? "an" : "a")} {what}: it is one of {string.Join(", ", Names)}");

    public string ToText(T value)
    {
        foreach (var (candidate, words) in rows)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
                return words[0];
        }

        return value.ToString();
    }
}
