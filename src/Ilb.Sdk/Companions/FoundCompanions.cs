namespace Ilb;

/// <summary>What was seen of the objects beside the services.</summary>
internal sealed record FoundCompanions
{
    public static FoundCompanions Nothing { get; } = new() { Objects = new Dictionary<string, Companion>() };

    /// <summary>What is there, by id.</summary>
    public required IReadOnlyDictionary<string, Companion> Objects { get; init; }

    /// <summary>Whether the packet filter was looked at. Default false: it is taken to be as it was asked for last.</summary>
    public bool HasFilter { get; init; }

    /// <summary>Whether our table is there.</summary>
    public bool HasTable { get; init; }

    /// <summary>Whether our table is not as we leave it: it is made anew.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>Whether somebody else made a table of our name.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Why the packet filter cannot be used; null (default) if it can.</summary>
    public IlbException? FilterFailure { get; init; }
}
