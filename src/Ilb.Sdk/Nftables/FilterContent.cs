namespace Ilb;

/// <summary>What was found of our table.</summary>
internal sealed record FilterContent
{
    public static FilterContent Nothing { get; } = new() { Objects = new Dictionary<string, Companion>(), Exists = false, IsForeign = false, IsDamaged = false };

    /// <summary>The objects in it that are whole, by their id.</summary>
    public required IReadOnlyDictionary<string, Companion> Objects { get; init; }

    public required bool Exists { get; init; }

    /// <summary>Whether somebody else made a table of that name.</summary>
    public required bool IsForeign { get; init; }

    /// <summary>Whether there is something in it that we did not put there, or only a part of something: then it is made anew.</summary>
    public required bool IsDamaged { get; init; }
}
