using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What forwards: the kernel's IPVS, or what stands for it in a test. Every member throws <see cref="IlbException"/> only.</summary>
internal interface IForwarder : IDisposable
{
    /// <summary>All services, without their destinations: one dump.</summary>
    Task<IReadOnlyList<IpvsServiceState>> GetServicesAsync(CancellationToken cancellationToken);

    /// <summary>The destinations of a service; none if there is no such service.</summary>
    Task<IReadOnlyList<IpvsDestinationState>> GetDestinationsAsync(IpvsServiceKey service, CancellationToken cancellationToken);

    /// <summary>Carries out operations in order; one that fails does not stop the others.</summary>
    Task<IReadOnlyList<ForwarderFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken);
}
