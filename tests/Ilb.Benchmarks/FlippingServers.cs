using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb.Benchmarks;

/// <summary>Servers that answer each check otherwise than the one before, until they are stilled; and a forwarder that notes how long a change takes from the answer to the kernel.</summary>
internal sealed class FlippingServers(IForwarder forwarder) : IProberSet, IProber, IForwarder
{
    private readonly ConcurrentDictionary<IPAddress, (bool IsAlive, long Since)> _servers = new();
    private readonly ConcurrentQueue<TimeSpan> _lags = [];
    private long _count;

    /// <summary>Whether servers stay as they are.</summary>
    public bool IsStill { get; set; }

    /// <summary>How many changed their answer.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>From answer to kernel, of those since the last call.</summary>
    public List<TimeSpan> TakeLags()
    {
        var lags = new List<TimeSpan>();
        while (_lags.TryDequeue(out var lag))
            lags.Add(lag);
        return lags;
    }

    /// <summary>Whether it answered last that it is alive.</summary>
    public bool IsAlive(IPAddress server) => !_servers.TryGetValue(server, out var state) || state.IsAlive;

    public IProber For(HealthTest test) => this;

    public void Start(Probe probe, IProbeSink sink)
    {
        bool isAlive = IsAlive(probe.Target.Server);
        if (!IsStill)
        {
            isAlive = !_servers.TryGetValue(probe.Target.Server, out var before) || !before.IsAlive;
            _servers[probe.Target.Server] = (isAlive, Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _count);
        }

        sink.Done(probe, isAlive ? ProbeOutcome.Alive() : ProbeOutcome.Failed("connection refused"));
    }

    public Task<IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>> GetServicesAsync(IReadOnlyCollection<IpvsServiceKey> expected, CancellationToken cancellationToken) => forwarder.GetServicesAsync(expected, cancellationToken);

    public Task<IpvsServiceState?> FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken) => forwarder.FindServiceAsync(service, cancellationToken);

    public Task<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>> GetDestinationsAsync(IReadOnlyCollection<IpvsServiceKey> services, CancellationToken cancellationToken) => forwarder.GetDestinationsAsync(services, cancellationToken);

    public async Task<IReadOnlyList<ForwarderFailure>> ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken)
    {
        var failures = await forwarder.ApplyAsync(operations, cancellationToken);
        foreach (var operation in operations.OfType<IpvsOperation.UpdateDestination>())
        {
            if (_servers.TryGetValue(operation.Destination.Address, out var state))
                _lags.Enqueue(Stopwatch.GetElapsedTime(state.Since));
        }

        return failures;
    }

    public void Dispose() => forwarder.Dispose();
}
