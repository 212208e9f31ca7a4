using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Wanted less observed: the ordered steps between them. Pure.</summary>
/// <remarks>
/// Make before break: first everything that adds or raises, service by service; then weights that fall; then destinations that leave; services that leave come last.
/// So no rule has at any point fewer able servers than both before and after.
/// </remarks>
internal static class Planner
{
    /// <param name="wanted">What should be.</param>
    /// <param name="observed">What is: all services of the kernel, also of others.</param>
    /// <param name="owned">Which services are ours.</param>
    /// <param name="adoptable">Which may be ours although nothing says so: those asked for before the memory of what is ours was lost.</param>
    /// <param name="takeable">Which somebody else made but we were told to take over, if they have the same servers.</param>
    public static Plan Plan(
        IReadOnlyDictionary<IpvsServiceKey, VirtualService> wanted,
        IReadOnlyDictionary<IpvsServiceKey, Observation> observed,
        IReadOnlySet<IpvsServiceKey> owned,
        IReadOnlySet<IpvsServiceKey> adoptable,
        IReadOnlySet<IpvsServiceKey>? takeable = null)
    {
        var steps = new Steps();
        var clashes = new List<VirtualService>();
        var adopted = new List<VirtualService>();
        foreach (var (key, service) in wanted)
        {
            if (!observed.TryGetValue(key, out var found))
            {
                steps.Create(service);
                continue;
            }

            var isOurs = owned.Contains(key);
            var isTaken = !isOurs && ((adoptable.Contains(key) && IsSame(service, found)) || (takeable?.Contains(key) == true && HasSameServers(service, found)));
            if (isTaken)
                adopted.Add(service);
            if (isOurs || isTaken)
                steps.Change(service, found);
            else
                clashes.Add(service);
        }

        var vanished = new List<IpvsServiceKey>();
        foreach (var key in owned)
        {
            if (wanted.ContainsKey(key))
                continue;
            if (observed.ContainsKey(key))
                steps.Remove(key);
            else
                vanished.Add(key);
        }

        return new Plan { Operations = steps.InOrder(), Clashes = clashes.ToValueList(), Adopted = adopted.ToValueList(), Vanished = vanished.ToValueList() };
    }

    /// <summary>Whether a service has the servers that are wanted, reached in the same way; weights and limits may be others.</summary>
    public static bool HasSameServers(VirtualService service, Observation found) =>
        found.Destinations is { } destinations && destinations.Select(Where).ToHashSet().SetEquals(service.Destinations.Select(Where));

    private static IpvsDestination Where(IpvsDestination destination) => destination with { Weight = 0, UpperThreshold = 0, LowerThreshold = 0 };

    private static bool IsSame(VirtualService service, Observation found) =>
        found.Service == service.Service && (found.Destinations is not { } destinations
            || (destinations.Count == service.Destinations.Count && destinations.ToHashSet().SetEquals(service.Destinations)));

    private sealed class Steps
    {
        private readonly List<PlannedOperation> _makes = [];
        private readonly List<PlannedOperation> _lowers = [];
        private readonly List<PlannedOperation> _breaks = [];
        private readonly List<PlannedOperation> _removals = [];

        public ValueList<PlannedOperation> InOrder() => [.. _makes, .. _lowers, .. _breaks, .. _removals];

        public void Create(VirtualService service)
        {
            Add(_makes, service, new IpvsOperation.AddService { Service = service.Service });
            foreach (var destination in service.Destinations)
                Add(_makes, service, new IpvsOperation.AddDestination { Service = service.Service.Key, Destination = destination });
        }

        public void Change(VirtualService service, Observation found)
        {
            var key = service.Service.Key;
            if (found.Service != service.Service)
                Add(_makes, service, new IpvsOperation.UpdateService { Service = service.Service });
            if (found.Destinations is null)
                return;
            var present = found.Destinations.ToDictionary(static destination => (destination.Address, destination.Port));
            foreach (var destination in service.Destinations)
            {
                if (!present.Remove((destination.Address, destination.Port), out var old))
                    Add(_makes, service, new IpvsOperation.AddDestination { Service = key, Destination = destination });
                else if (old != destination)
                    Add(destination.Weight < old.Weight ? _lowers : _makes, service, new IpvsOperation.UpdateDestination { Service = key, Destination = destination });
            }

            foreach (var (address, port) in present.Keys)
                Add(_breaks, service, new IpvsOperation.RemoveDestination { Service = key, Address = address, Port = port });
        }

        public void Remove(IpvsServiceKey key) =>
            _removals.Add(new PlannedOperation { Operation = new IpvsOperation.RemoveService { Service = key }, Rule = null });

        private static void Add(List<PlannedOperation> steps, VirtualService service, IpvsOperation operation) =>
            steps.Add(new PlannedOperation { Operation = operation, Rule = service.Rule, IsProbe = service.IsProbe });
    }
}
