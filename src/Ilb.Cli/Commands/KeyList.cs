using System.Globalization;
using System.Text;

namespace Ilb.Cli.Commands;

/// <summary>The argument of an option, <c>key=value,…</c>. Keys are case-insensitive; a value with a comma, quote or space stands in <c>"…"</c>, where <c>\</c> escapes.</summary>
internal sealed class KeyList
{
    private readonly Dictionary<string, List<string>> _values = [];
    private readonly HashSet<string> _asked = [];
    private readonly string _option;
    private readonly List<string> _errors;
    private bool _isFaulty;

    private KeyList(string option, bool isNew, List<string> errors)
    {
        _option = option;
        IsNew = isNew;
        _errors = errors;
    }

    /// <summary>Whether the list is about an object that is made; else one is changed, and an empty value takes its own away.</summary>
    public bool IsNew { get; }

    /// <summary>Reads a list; what is wrong goes to <paramref name="errors"/>.</summary>
    public static KeyList Parse(string option, string text, IReadOnlyList<Key> keys, bool isNew, List<string> errors)
    {
        var list = new KeyList(option, isNew, errors);
        var before = errors.Count;
        Key? last = null;
        foreach (var (name, value) in Split(option, text, errors))
        {
            if (name is null && last is { IsList: true })
                list._values[last.Name].Add(value);
            else if (name is null)
                errors.Add($"{option}: {Quote.Of(value)} is not of the form key=value; known are {string.Join(", ", keys.Select(static key => key.Name))}");
            else
                last = list.Add(name, value, keys);
        }

        list._isFaulty = errors.Count > before;
        foreach (var (name, values) in list._values)
        {
            if ((isNew || values.Count > 1) && values.Contains(""))
                list.Fail($"{name}= has no value");
        }

        return list;
    }

    /// <summary>Tells what is wrong with the list.</summary>
    public void Fail(string message) => _errors.Add($"{_option}: {message}");

    public string? Find(string name) => All(name) is [{ Length: > 0 } value, ..] ? value : null;

    public IReadOnlyList<string> All(string name)
    {
        _asked.Add(name);
        return _values.TryGetValue(name, out var values) ? values : [];
    }

    /// <summary>Whether any of the keys has a value.</summary>
    public bool HasAny(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Find(name) is not null)
                return true;
        }

        return false;
    }

    /// <summary>Whether the key is there without a value, so that what it stands for is taken away.</summary>
    public bool IsEmptied(string name) => !IsNew && All(name) is [""];

    /// <summary>Whether a key is not there. After another fault nobody can tell: the faulty part may have been meant for it.</summary>
    public bool IsMissing(string name) => !_isFaulty && !_values.ContainsKey(name);

    /// <summary>The value of a key that must be there; null if it is not, which is an error then.</summary>
    public string? Require(string name)
    {
        if (IsMissing(name))
            Fail($"{name}= is missing");
        else if (IsEmptied(name))
            Fail($"{name}= has no value");
        return Find(name);
    }

    /// <summary>The meaning of a key: as it was if the key is not there, <paramref name="fallback"/> if it is emptied.</summary>
    public T Value<T>(string name, T present, T fallback, Func<string, T> parse) => IsEmptied(name) ? fallback : Parsed(name, present, Find(name), parse);

    /// <summary>The meaning of a key that nothing can stand for.</summary>
    public T Value<T>(string name, T present, Func<string, T> parse)
    {
        if (IsEmptied(name))
            Require(name);
        return Parsed(name, present, Find(name), parse);
    }

    /// <summary>The meanings of a key whose values may follow each other.</summary>
    public ValueList<T> Values<T>(string name, ValueList<T> present, ValueList<T> fallback, Func<string, T> parse)
    {
        if (IsEmptied(name))
            return fallback;
        var texts = All(name).Where(static value => value.Length > 0).ToArray();
        return texts.Length == 0 ? present : texts.SelectMany(text => Parsed<ValueList<T>>(name, [], text, value => [parse(value)])).ToValueList();
    }

    public bool YesOrNo(string name, bool present, bool fallback) => Value(name, present, fallback, static text => text.ToLowerInvariant() switch
    {
        "yes" => true,
        "no" => false,
        _ => throw new FormatException($"{Quote.Of(text)} is neither yes nor no"),
    });

    /// <summary>Reads a whole number, without sign or leading zeros.</summary>
    public static long Number(string text, long lowest, long highest)
    {
        if (text.Length > 1 && text[0] == '0' && text.All(char.IsAsciiDigit))
            throw new FormatException($"{Quote.Of(text)} has leading zeros, allowed is {lowest}-{highest}");
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        throw new FormatException($"{Quote.Of(text)} is {(text.Length > 0 && text.TrimStart('-').All(char.IsAsciiDigit) ? "out of range" : "not a number")}, allowed is {lowest}-{highest}");
    }

    /// <summary>Refuses the keys that nobody has asked for.</summary>
    public void RefuseRest(string what)
    {
        foreach (var name in _values.Keys.Where(name => !_asked.Contains(name)))
            Fail($"{name}= is not for {what}");
    }

    private T Parsed<T>(string name, T present, string? text, Func<string, T> parse)
    {
        try
        {
            return text is null ? present : parse(text);
        }
        catch (FormatException e)
        {
            Fail($"{name}: {e.Message}");
            return present;
        }
    }

    private Key? Add(string name, string value, IReadOnlyList<Key> keys)
    {
        var key = keys.FirstOrDefault(key => key.Matches(name));
        if (key is null)
            Fail($"unknown key {Quote.Of(name)}{Suggestion.For(name, keys.SelectMany(static key => key.Aliases.Prepend(key.Name)))}; known are {string.Join(", ", keys.Select(static key => key.Name))}");
        else if (!_values.TryAdd(key.Name, [value]))
            Fail($"{key.Name}= is given twice");
        return key;
    }

    private static List<(string? Key, string Value)> Split(string option, string text, List<string> errors)
    {
        var items = new List<(string?, string)>();
        var (key, value, quoted) = ((string?)null, new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '\\' && i + 1 < text.Length)
                value.Append(text[++i] switch { 'r' => '\r', 'n' => '\n', 't' => '\t', var itself => itself });
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
