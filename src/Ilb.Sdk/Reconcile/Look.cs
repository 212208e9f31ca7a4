using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What has been seen of the kernel: each object is read once, and only if somebody asks.</summary>
/// <param name="forwarder">The kernel.</param>
/// <param name="seen">Services that were listed a moment ago; another may be there too.</param>
internal sealed class Look(IForwarder forwarder, IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>? seen = null)
{
    private readonly Dictionary<IpvsServiceKey, IpvsService?> _services = [];
    private readonly Dictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>> _destinations = [];

    /// <summary>Whether all services were listed.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The services that were found.</summary>
    public IEnumerable<IpvsServiceKey> Found => _services.Where(static pair => pair.Value is not null).Select(static pair => pair.Key);

    /// <summary>Lists all services. Of <paramref name="expected"/> none is missed; another may be, while services come and go.</summary>
    public async Task ListAsync(IReadOnlyCollection<IpvsServiceKey> expected, CancellationToken cancellationToken)
    {
        if (IsFull)
            return;
        foreach (var (key, state) in await forwarder.GetServicesAsync(expected, cancellationToken).ConfigureAwait(false))
            _services[key] = state.Service;
        IsFull = true;
    }

    /// <summary>Takes a service as it should be for one that was seen; of its connections nothing is known.</summary>
    public void Presume(VirtualService service)
    {
        _services[service.Service.Key] = service.Service;
        _destinations[service.Service.Key] =
        [
            .. service.Destinations.Select(static destination => new IpvsDestinationState { Destination = destination, ActiveConnections = 0, InactiveConnections = 0, PersistentConnections = 0, Statistics = default }),
        ];
    }

    /// <summary>Looks for services, and at the destinations of those whose destinations matter.</summary>
    public async Task ReadAsync(IEnumerable<IpvsServiceKey> keys, Func<IpvsServiceKey, bool> withDestinations, CancellationToken cancellationToken)
    {
        var unread = new List<IpvsServiceKey>();
        foreach (var key in keys)
        {
            if (!_services.TryGetValue(key, out var service))
                _services[key] = service = IsFull ? null : (seen?.GetValueOrDefault(key) ?? await forwarder.FindServiceAsync(key, cancellationToken).ConfigureAwait(false))?.Service;
            if (service is not null && withDestinations(key) && !_destinations.ContainsKey(key))
                unread.Add(key);
        }

        if (unread.Count == 0)
            return;
        foreach (var (key, states) in await forwarder.GetDestinationsAsync(unread, cancellationToken).ConfigureAwait(false))
            _destinations[key] = states;
    }

    /// <summary>What was seen of the destinations of a service, with their connections; null if they were not looked at.</summary>
    public IReadOnlyList<IpvsDestinationState>? DestinationsOf(IpvsServiceKey key) => _destinations.GetValueOrDefault(key);

    /// <summary>What was seen of a service; null if it was not found.</summary>
    public Observation? Observe(IpvsServiceKey key) =>
        _services.GetValueOrDefault(key) is { } service ? new Observation { Service = service, Destinations = DestinationsOf(key)?.Select(static found => found.Destination).ToValueList() } : null;
}
