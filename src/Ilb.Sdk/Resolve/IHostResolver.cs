using System.Net;

namespace Ilb;

/// <summary>Looks up host names.</summary>
internal interface IHostResolver
{
    /// <summary>The addresses of a host in the resolver's order; none if it has none.</summary>
    Task<ValueList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken);
}
