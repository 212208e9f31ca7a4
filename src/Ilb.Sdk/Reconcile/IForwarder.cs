using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What forwards: the kernel's IPVS, or what stands for it in a test. Every member throws <see cref="IlbException"/> only.</summary>
internal interface IForwarder : IDisposable
{
    /// <summary>All services, without their destinations, each once.</summary>
    /// <param name="expected">Those that are probably there: of them none is missed. Another may be, while services come and go, in whatever network namespace.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    Task<IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>> GetServicesAsync(IReadOnlyCollection<IpvsServiceKey> expected, CancellationToken cancellationToken);

    /// <summary>One service, or null if there is none.</summary>
    Task<IpvsServiceState?> FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken);

    /// <summary>The destinations of services, each once, for every service that is asked for; none if there is no such service.</summary>
    Task<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>> GetDestinationsAsync(IReadOnlyCollection<IpvsServiceKey> services, CancellationToken cancellationToken);

    /// <summary>Carries out operations in order; one that fails does not stop the others.</summary>
    Task<IReadOnlyList<ForwarderFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken);
}
