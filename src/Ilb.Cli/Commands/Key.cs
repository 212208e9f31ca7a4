namespace Ilb.Cli.Commands;

/// <summary>A key of a <c>key=value,…</c> list.</summary>
internal sealed record Key
{
    public required string Name { get; init; }

    public string? Alias { get; init; }

    /// <summary>Whether values may follow each other: <c>server=a,b,c</c>.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether it is known, but its feature does not exist yet.</summary>
    public bool IsLater { get; init; }

    public static implicit operator Key(string name) => new() { Name = name };

    public static Key Later(string name, string? alias = null) => new() { Name = name, Alias = alias, IsLater = true };

    public bool Matches(string word) => string.Equals(word, Name, StringComparison.OrdinalIgnoreCase) || string.Equals(word, Alias, StringComparison.OrdinalIgnoreCase);
}
