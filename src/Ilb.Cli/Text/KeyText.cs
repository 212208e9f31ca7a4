using System.Buffers;
using System.Text;

namespace Ilb.Cli.Text;

/// <summary>Writes the argument of an option, <c>key=value,…</c>, as it is read.</summary>
internal sealed class KeyText
{
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\\= \t\r\n");
    private readonly StringBuilder _text = new();

    public bool IsEmpty => _text.Length == 0;

    /// <summary>Adds a key, unless its value is its default: null.</summary>
    public KeyText Add(string key, string? value) => value is null ? this : Add(key, [value]);

    /// <summary>Adds a key whose values follow each other, unless there are none.</summary>
    public KeyText Add(string key, IReadOnlyCollection<string> values)
    {
        if (values.Count > 0)
            _text.Append(IsEmpty ? "" : ",").Append(key).Append('=').AppendJoin(',', values.Select(Quote));
        return this;
    }

    public override string ToString() => _text.ToString();

    private static string Quote(string value) => value.Length > 0 && !value.AsSpan().ContainsAny(Special)
        ? value
        : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}\"";
}
