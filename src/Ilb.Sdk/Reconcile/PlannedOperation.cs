using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>An operation with what it is done for.</summary>
internal sealed record PlannedOperation
{
    public required IpvsOperation Operation { get; init; }

    /// <summary>The service that it is, or that it is part of.</summary>
    public IpvsServiceKey Service => Operation switch
    {
        IpvsOperation.AddService add => add.Service.Key,
        IpvsOperation.UpdateService update => update.Service.Key,
        IpvsOperation.RemoveService remove => remove.Service,
        IpvsOperation.AddDestination add => add.Service,
        IpvsOperation.UpdateDestination update => update.Service,
        IpvsOperation.RemoveDestination remove => remove.Service,
        _ => throw new InvalidOperationException($"{Operation} is never planned"),
    };

    /// <summary>Whether it is of a hidden service. Default false.</summary>
    public bool IsProbe { get; init; }

    /// <summary>The rule, or null if it is gone.</summary>
    public required string? Rule { get; init; }
}
