namespace Ilb.Cli.Commands;

/// <summary>A key of a <c>key=value,…</c> list.</summary>
internal sealed record Key
{
    public required string Name { get; init; }

    /// <summary>Its other names.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What its value looks like, for the help.</summary>
    public required string Form { get; init; }

    /// <summary>What it means, for the help.</summary>
    public required string Help { get; init; }

    /// <summary>Whether values may follow each other: <c>server=a,b,c</c>.</summary>
    public bool IsList { get; init; }

    public bool Matches(string word) => string.Equals(word, Name, StringComparison.OrdinalIgnoreCase) || Aliases.Contains(word, StringComparer.OrdinalIgnoreCase);
}
