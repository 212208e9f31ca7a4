using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the kernel should hold: what it should hold already, and what changes on top of that. Immutable, as long as what was before is.</summary>
internal sealed class WantedServices
{
    private readonly IReadOnlyDictionary<IpvsServiceKey, VirtualService?> _changed;
    private readonly IReadOnlySet<IpvsServiceKey> _closely;

    /// <param name="before">What is asked for already.</param>
    public WantedServices(IReadOnlyDictionary<IpvsServiceKey, VirtualService> before)
        : this(before, new Dictionary<IpvsServiceKey, VirtualService?>(), new HashSet<IpvsServiceKey>(), new HashSet<IpvsServiceKey>())
    {
    }

    private WantedServices(IReadOnlyDictionary<IpvsServiceKey, VirtualService> before, IReadOnlyDictionary<IpvsServiceKey, VirtualService?> changed, IReadOnlySet<IpvsServiceKey> closely, IReadOnlySet<IpvsServiceKey> takeable)
    {
        Before = before;
        _changed = changed;
        _closely = closely;
        Takeable = takeable;
        Count = before.Count;
        foreach (var (key, service) in changed)
            Count += (service is null ? 0 : 1) - (before.ContainsKey(key) ? 1 : 0);
    }

    /// <summary>What is asked for already.</summary>
    public IReadOnlyDictionary<IpvsServiceKey, VirtualService> Before { get; }

    /// <summary>What differs; null for services that go.</summary>
    public IReadOnlyDictionary<IpvsServiceKey, VirtualService?> Changed => _changed;

    /// <summary>The services to look at closely: those that differ and those that somebody asked to put right.</summary>
    public IReadOnlySet<IpvsServiceKey> Closely => _closely;

    /// <summary>The services that are to be taken over if somebody else made them.</summary>
    public IReadOnlySet<IpvsServiceKey> Takeable { get; }

    /// <summary>How many services there should be.</summary>
    public int Count { get; }

    public VirtualService? Find(IpvsServiceKey key) => _changed.TryGetValue(key, out var service) ? service : Before.GetValueOrDefault(key);

    /// <summary>The services of some rules.</summary>
    /// <param name="rules">The names of the rules.</param>
    /// <param name="difference">What changes besides.</param>
    public IReadOnlySet<IpvsServiceKey> ServicesOf(IReadOnlySet<string> rules, IReadOnlyDictionary<IpvsServiceKey, VirtualService?> difference) => rules.Count == 0
        ? new HashSet<IpvsServiceKey>()
        : Before.Keys.Concat(_changed.Keys).Concat(difference.Keys).Where(key => (difference.TryGetValue(key, out var service) ? service : Find(key)) is { } found && rules.Contains(found.Rule)).ToHashSet();

    /// <summary>Whether it is asked for as before, and nobody asked to put it right.</summary>
    public bool IsAsBefore(IpvsServiceKey key) => Before.ContainsKey(key) && !_closely.Contains(key);

    /// <summary>The same with more changes, and with services to look at closely.</summary>
    /// <param name="difference">What changes; null for services that go.</param>
    /// <param name="touched">What to look at closely besides.</param>
    /// <param name="adopt">Whether services of others are to be taken over: those that change, and all before.</param>
    public WantedServices With(IReadOnlyDictionary<IpvsServiceKey, VirtualService?> difference, IReadOnlySet<IpvsServiceKey> touched, bool adopt)
    {
        var changed = new Dictionary<IpvsServiceKey, VirtualService?>(_changed);
        foreach (var (key, service) in difference)
            changed[key] = service;
        return new WantedServices(Before, changed, _closely.Concat(difference.Keys).Concat(touched).ToHashSet(), adopt ? Takeable.Concat(difference.Keys).Concat(Before.Keys).ToHashSet() : Takeable);
    }

    /// <summary>All of it.</summary>
    public IReadOnlyDictionary<IpvsServiceKey, VirtualService> All()
    {
        if (_changed.Count == 0)
            return Before;
        var all = new Dictionary<IpvsServiceKey, VirtualService>(Before);
        foreach (var (key, service) in _changed)
        {
            if (service is null)
                all.Remove(key);
            else
                all[key] = service;
        }

        return all;
    }

    /// <summary>Of it, what to look at closely.</summary>
    public IReadOnlyDictionary<IpvsServiceKey, VirtualService> Chosen() =>
        _closely.Select(Find).OfType<VirtualService>().ToDictionary(static service => service.Service.Key);
}
