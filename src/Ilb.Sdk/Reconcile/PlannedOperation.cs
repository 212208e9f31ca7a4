using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>An operation with what it is done for.</summary>
internal sealed record PlannedOperation
{
    public required IpvsOperation Operation { get; init; }

    /// <summary>The rule, or null if it is gone.</summary>
    public required string? Rule { get; init; }
}
