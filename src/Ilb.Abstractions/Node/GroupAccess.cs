namespace Ilb;

/// <summary>What the members of a group of users may do.</summary>
public sealed record GroupAccess
{
    /// <summary>The group's name on the machine, up to 32 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What its members may do.</summary>
    public required AccessRight Right { get; init; }
}
