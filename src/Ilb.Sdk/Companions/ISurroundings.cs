using System.Net;

namespace Ilb;

/// <summary>What is around IPVS in the kernel: the packet filter, addresses, settings; or what stands for it in a test. Every member throws <see cref="IlbException"/> only.</summary>
internal interface ISurroundings : IDisposable
{
    /// <summary>What is there.</summary>
    /// <param name="about">Of addresses, settings and timeouts, those to look at.</param>
    /// <param name="withFilter">Whether to look at the packet filter, all of our table.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    Task<FoundCompanions> ReadAsync(IReadOnlyCollection<Companion> about, bool withFilter, CancellationToken cancellationToken);

    /// <summary>What else is there that may be wrong.</summary>
    /// <param name="addresses">The addresses whose ways matter.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    Task<KernelFacts> ExamineAsync(IReadOnlyCollection<IPAddress> addresses, CancellationToken cancellationToken);

    /// <summary>What the machine's routes say of servers, for each that is asked for.</summary>
    /// <param name="servers">The servers' addresses.</param>
    /// <param name="vips">Which addresses are never a source.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    Task<IReadOnlyDictionary<IPAddress, ProbeRoute>> FindRoutesAsync(IReadOnlyCollection<IPAddress> servers, IReadOnlySet<IPAddress> vips, CancellationToken cancellationToken);

    /// <summary>Carries out changes of the packet filter as one transaction.</summary>
    Task ApplyFilterAsync(IReadOnlyList<CompanionOperation> operations, bool isAnew, bool isLast);

    /// <summary>Carries out a change of an address, a setting or a timeout.</summary>
    Task ApplyAsync(CompanionOperation operation);
}
