namespace Ilb;

/// <summary>A machine's priority in a failover group.</summary>
public sealed record FailoverPriority
{
    /// <summary>The failover group's name; one that does not exist is passed over.</summary>
    public required string Name { get; init; }

    /// <summary>The priority instead of <see cref="FailoverGroup.Priority"/>, 1–254.</summary>
    public required int Priority { get; init; }
}
