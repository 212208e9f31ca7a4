using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What is to be done so that the kernel holds what is wanted.</summary>
internal sealed record Plan
{
    public static Plan Nothing { get; } = new() { Operations = [], Clashes = [], Adopted = [], Vanished = [] };

    /// <summary>In the order in which they are carried out.</summary>
    public required ValueList<PlannedOperation> Operations { get; init; }

    /// <summary>Wanted services that somebody else has made, and differently.</summary>
    public required ValueList<VirtualService> Clashes { get; init; }

    /// <summary>Wanted services that nobody is known to have made, but that are exactly as wanted: the memory of our own was lost.</summary>
    public required ValueList<VirtualService> Adopted { get; init; }

    /// <summary>Services of ours that are neither wanted nor in the kernel any more.</summary>
    public required ValueList<IpvsServiceKey> Vanished { get; init; }

    /// <summary>The services that are ours when it is carried out.</summary>
    public IEnumerable<IpvsServiceKey> Made => Operations.Select(static planned => (planned.Operation as IpvsOperation.AddService)?.Service.Key).OfType<IpvsServiceKey>()
        .Concat(Adopted.Select(static service => service.Service.Key));

    public bool IsEmpty => Operations.Count == 0 && Clashes.Count == 0 && Adopted.Count == 0 && Vanished.Count == 0;
}
