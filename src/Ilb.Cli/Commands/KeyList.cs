using System.Text;

namespace Ilb.Cli.Commands;

/// <summary>The argument of an option, <c>key=value,…</c>. Keys are case-insensitive; a value with a comma, quote or space stands in <c>"…"</c>, where <c>\</c> escapes.</summary>
internal sealed class KeyList
{
    private readonly Dictionary<string, List<string>> _values = [];
    private readonly string _option;
    private readonly List<string> _errors;
    private bool _isFaulty;

    private KeyList(string option, List<string> errors)
    {
        _option = option;
        _errors = errors;
    }

    /// <summary>Reads a list; what is wrong goes to <paramref name="errors"/>.</summary>
    public static KeyList Parse(string option, string text, IReadOnlyList<Key> keys, List<string> errors)
    {
        var list = new KeyList(option, errors);
        var before = errors.Count;
        Key? last = null;
        foreach (var (name, value) in Split(option, text, errors))
        {
            if (name is null && last is { IsList: true })
                list._values[last.Name].Add(value);
            else if (name is null)
                errors.Add($"{option}: '{value}' is not of the form key=value");
            else
                last = list.Add(name, value, keys);
        }

        list._isFaulty = errors.Count > before;
        foreach (var (name, values) in list._values)
        {
            if (values.Contains(""))
                errors.Add($"{option}: {name}= has no value");
        }

        return list;
    }

    public string? Find(string name) => _values.TryGetValue(name, out var values) && values[0].Length > 0 ? values[0] : null;

    public IReadOnlyList<string> All(string name) => _values.TryGetValue(name, out var values) ? values : [];

    /// <summary>Whether a key is not there. After another fault nobody can tell: the faulty part may have been meant for it.</summary>
    public bool IsMissing(string name) => !_isFaulty && !_values.ContainsKey(name);

    /// <summary>The value of a key that must be there; null if it is not, which is an error then.</summary>
    public string? Require(string name)
    {
        if (IsMissing(name))
            _errors.Add($"{_option}: {name}= is missing");
        return Find(name);
    }

    private Key? Add(string name, string value, IReadOnlyList<Key> keys)
    {
        if (keys.FirstOrDefault(key => key.Matches(name)) is not { } key)
        {
            var known = keys.Where(static key => !key.IsLater).Select(static key => key.Name).ToArray();
            _errors.Add($"{_option}: unknown key '{name}'{Suggestion.For(name, keys.Select(static key => key.Name))}; known are {string.Join(", ", known)}");
            return null;
        }

        if (key.IsLater)
            _errors.Add(Refusal.NotSupported($"{key.Name}="));
        else if (!_values.TryAdd(key.Name, [value]))
            _errors.Add($"{_option}: {key.Name}= is given twice");
        return key.IsLater ? null : key;
    }

    private static List<(string? Key, string Value)> Split(string option, string text, List<string> errors)
    {
        var items = new List<(string?, string)>();
        var (key, value, quoted) = ((string?)null, new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '\\' && i + 1 < text.Length)
                value.Append(text[++i]);
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c == '=' && key is null)
                (key, _) = (value.ToString(), value.Clear());
            else if (!quoted && c == ',')
                Next();
            else
                value.Append(c);
        }

        if (quoted)
            errors.Add($"{option}: a quote is not closed");
        Next();
        return items;

        void Next()
        {
            items.Add((key, value.ToString()));
            key = null;
            value.Clear();
        }
    }
}
