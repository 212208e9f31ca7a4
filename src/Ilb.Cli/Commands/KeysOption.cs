using System.CommandLine;

namespace Ilb.Cli.Commands;

/// <summary>An option whose argument is a list of keys.</summary>
internal sealed class KeysOption(string name, string longName, IReadOnlyList<Key> keys) : Option<string[]>(name, longName)
{
    public IReadOnlyList<Key> Keys => keys;

    /// <summary>Whether it may be given more than once.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>What was given, for each time that the option stands there.</summary>
    public IReadOnlyList<KeyList> Parse(ParseResult result, bool isNew, List<string> errors)
    {
        var texts = result.Of(this);
        if (texts.Count > 1 && !IsRepeatable)
            errors.Add($"{Name} is given more than once");
        return [.. texts.Select(text => KeyList.Parse(Name, text, keys, isNew, errors))];
    }
}
