using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb.Testing;

/// <summary>An IPVS in memory, with the kernel's answers to what does not fit. Others than the engine under test may change it too.</summary>
public sealed class InMemoryIpvs : IForwarder
{
    private const int NoSuchProcess = 3; // ESRCH: no such service
    private const int NoEntry = 2;       // ENOENT: no such destination
    private const int Exists = 17;       // EEXIST

    private readonly Dictionary<IpvsServiceKey, IpvsService> _services = [];
    private readonly Dictionary<IpvsServiceKey, Dictionary<(IPAddress, ushort), IpvsDestination>> _destinations = [];
    private readonly Lock _turn = new();

    /// <summary>Makes operations fail: the errno, or 0 to let it pass.</summary>
    public Func<IpvsOperation, int> Refuse { get; set; } = static _ => 0;

    /// <summary>Makes every call fail, as where the kernel has no IPVS.</summary>
    public IlbException? Broken { get; set; }

    /// <summary>How many connections a destination has. Default none.</summary>
    public Func<IpvsDestination, (uint Active, uint Inactive)> Connections { get; set; } = static _ => (0, 0);

    /// <summary>All operations that were asked for, in order.</summary>
    public List<IpvsOperation> Operations { get; } = [];

    /// <summary>What was counted of a destination, by its address and port, in whatever service; others have fixed ones.</summary>
    public Dictionary<(IPAddress, ushort), IpvsStatistics> Counted { get; } = [];

    /// <summary>How many times destinations of a service were read.</summary>
    public int DestinationReads { get; private set; }

    /// <summary>How many times all services were listed.</summary>
    public int Lists { get; private set; }

    /// <summary>Called before a service is looked for by its key.</summary>
    public Action<IpvsServiceKey> OnFind { get; set; } = static _ => { };

    public int Disposed { get; private set; }

    /// <summary>What it holds, a line an object, sorted: to compare two states.</summary>
    public string Text
    {
        get
        {
            lock (_turn)
            {
                return string.Join('\n', _services.Values.SelectMany(service => _destinations[service.Key].Values
                    .Select(destination => $"{service.Key} -> {destination} {destination.Forwarding} {destination.Weight} {destination.UpperThreshold} {destination.LowerThreshold}")
                    .Append($"{service.Key} {service.Scheduler} {service.SchedulerOptions}")).Order(StringComparer.Ordinal));
            }
        }
    }

    /// <summary>Carries out an operation as somebody else would; false if it does not fit.</summary>
    public bool Do(IpvsOperation operation)
    {
        lock (_turn)
            return Carry(operation) == 0;
    }

    /// <summary>Another one that holds the same.</summary>
    public InMemoryIpvs Copy()
    {
        lock (_turn)
        {
            var copy = new InMemoryIpvs();
            foreach (var (key, service) in _services)
            {
                copy._services.Add(key, service);
                copy._destinations.Add(key, new(_destinations[key]));
            }

            return copy;
        }
    }

    public void Flush()
    {
        lock (_turn)
        {
            _services.Clear();
            _destinations.Clear();
        }
    }

    Task<IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>> IForwarder.GetServicesAsync(IReadOnlyCollection<IpvsServiceKey> expected, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            ThrowIfBroken();
            Lists++;
            return Task.FromResult<IReadOnlyDictionary<IpvsServiceKey, IpvsServiceState>>(
                _services.Values.ToDictionary(static service => service.Key, static service => new IpvsServiceState { Service = service, Statistics = default }));
        }
    }

    Task<IpvsServiceState?> IForwarder.FindServiceAsync(IpvsServiceKey service, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            ThrowIfBroken();
            OnFind(service);
            return Task.FromResult(_services.TryGetValue(service, out var found) ? new IpvsServiceState { Service = found, Statistics = default } : null);
        }
    }

    Task<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>> IForwarder.GetDestinationsAsync(IReadOnlyCollection<IpvsServiceKey> services, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            ThrowIfBroken();
            DestinationReads += services.Count;
            return Task.FromResult<IReadOnlyDictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>>>(services.ToDictionary(static service => service, Destinations));
        }
    }

    Task<IReadOnlyList<ForwarderFailure>> IForwarder.ApplyAsync(IReadOnlyList<IpvsOperation> operations, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            ThrowIfBroken();
            var failures = new List<ForwarderFailure>();
            for (var i = 0; i < operations.Count; i++)
            {
                Operations.Add(operations[i]);
                var errno = Refuse(operations[i]);
                if (errno == 0)
                    errno = Carry(operations[i]);
                if (errno != 0)
                    failures.Add(new ForwarderFailure { Index = i, Failure = new StepFailure { Code = Code(errno), Message = $"errno {errno}", Errno = errno } });
            }

            return Task.FromResult<IReadOnlyList<ForwarderFailure>>(failures);
        }
    }

    public void Dispose() => Disposed++;

    private static IlbErrorCode Code(int errno) => errno switch
    {
        NoEntry or NoSuchProcess => IlbErrorCode.NotFound,
        Exists => IlbErrorCode.AlreadyExists,
        _ => IlbErrorCode.KernelRefused,
    };

    private int Carry(IpvsOperation operation)
    {
        switch (operation)
        {
            case IpvsOperation.AddService add:
                if (!_services.TryAdd(add.Service.Key, add.Service))
                    return Exists;
                _destinations.Add(add.Service.Key, []);
                return 0;
            case IpvsOperation.UpdateService update:
                if (!_services.ContainsKey(update.Service.Key))
                    return NoSuchProcess;
                _services[update.Service.Key] = update.Service;
                return 0;
            case IpvsOperation.RemoveService remove:
                return _destinations.Remove(remove.Service) && _services.Remove(remove.Service) ? 0 : NoSuchProcess;
            case IpvsOperation.AddDestination add:
                return !_destinations.TryGetValue(add.Service, out var added) ? NoSuchProcess
                    : added.TryAdd((add.Destination.Address, add.Destination.Port), add.Destination) ? 0 : Exists;
            case IpvsOperation.UpdateDestination update:
                if (!_destinations.TryGetValue(update.Service, out var updated))
                    return NoSuchProcess;
                if (!updated.ContainsKey((update.Destination.Address, update.Destination.Port)))
                    return NoEntry;
                updated[(update.Destination.Address, update.Destination.Port)] = update.Destination;
                return 0;
            case IpvsOperation.RemoveDestination remove:
                return !_destinations.TryGetValue(remove.Service, out var left) ? NoSuchProcess : left.Remove((remove.Address, remove.Port)) ? 0 : NoEntry;
            default:
                throw new ArgumentException($"{operation} is not modelled", nameof(operation));
        }
    }

    private void ThrowIfBroken()
    {
        if (Broken is not null)
            throw Broken;
    }

    private IReadOnlyList<IpvsDestinationState> Destinations(IpvsServiceKey service) => !_destinations.TryGetValue(service, out var found) ? [] :
    [
        .. found.Values.Select(destination => new IpvsDestinationState
        {
            Destination = destination,
            ActiveConnections = Connections(destination).Active,
            InactiveConnections = Connections(destination).Inactive,
            PersistentConnections = 0,
            Statistics = Counted.TryGetValue((destination.Address, destination.Port), out var counted) ? counted : new IpvsStatistics { Connections = 3, IncomingPackets = 30, OutgoingPackets = 20, IncomingBytes = 3000, OutgoingBytes = 2000 },
        }),
    ];
}
