using System.Diagnostics;
using Ilb.Netlink.Ipvs;

namespace Ilb.Benchmarks;

/// <summary>Measures how long the calls of another take.</summary>
internal sealed class TimedForwarder(IForwarder forwarder) : IForwarder
{
    public TimeSpan Elapsed { get; set; }

    public Task<IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>> GetServicesAsync(IReadOnlyCollection<IpvsServiceKey> expected, CancellationToken cancellationToken) =>
        TimeAsync(forwarder.GetServicesAsync(expected, cancellationToken));

    public Task<IpvsServiceState?> FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken) => TimeAsync(forwarder.FindServiceAsync(service, cancellationToken));

    public Task<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>> GetDestinationsAsync(IReadOnlyCollection<IpvsServiceKey> services, CancellationToken cancellationToken) =>
        TimeAsync(forwarder.GetDestinationsAsync(services, cancellationToken));

    public Task<IReadOnlyList<ForwarderFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken) =>
        TimeAsync(forwarder.ApplyAsync(operations, cancellationToken));

    public void Dispose() => forwarder.Dispose();

    private async Task<T> TimeAsync<T>(Task<T> call)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            return await call;
        }
        finally
        {
            Elapsed += Stopwatch.GetElapsedTime(started);
        }
    }
}
