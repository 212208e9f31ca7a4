using System.Collections.Immutable;
using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>All that is not asked for any more but still has connections, by service. Immutable; another one shares what they have in common.</summary>
internal sealed class Leaving
{
    private readonly ImmutableDictionary<IpvsServiceKey, LeavingService> _services;

    private Leaving(ImmutableDictionary<IpvsServiceKey, LeavingService> services) => _services = services;

    public static Leaving Nothing { get; } = new(ImmutableDictionary<IpvsServiceKey, LeavingService>.Empty);

    public IEnumerable<IpvsServiceKey> Keys => _services.Keys;

    public int Count => _services.Count;

    public bool IsEmpty => _services.IsEmpty;

    public LeavingService? Find(IpvsServiceKey key) => _services.GetValueOrDefault(key);

    public Leaving With(IpvsServiceKey key, LeavingService? service)
    {
        if (Find(key) == service)
            return this;
        return new Leaving(service is null ? _services.Remove(key) : _services.SetItem(key, service));
    }

    /// <summary>The same where of one service only some still leave.</summary>
    public Leaving Keeping(IpvsServiceKey key, Func<Leaver, bool> isKept)
    {
        if (Find(key) is not { } service)
            return this;
        return With(key, service.Keeping(isKept));
    }

    /// <summary>A service with those that leave it; null if there is neither.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="asked">The service as it is asked for; null if nobody asks for it.</param>
    public VirtualService? Over(IpvsServiceKey key, VirtualService? asked)
    {
        if (Find(key) is not { } leaving)
            return asked;
        return asked is null ? leaving.Alone(key) : asked with { Destinations = [.. asked.Destinations, .. leaving.Destinations()] };
    }

    /// <summary>A service as it is asked for, of one with those that leave it; null if nobody asks for it.</summary>
    public VirtualService? Under(IpvsServiceKey key, VirtualService? service)
    {
        if (service is null || Find(key) is not { } leaving)
            return service;
        if (leaving.IsWhole)
            return null;
        var places = leaving.Leavers.Select(static leaver => leaver.Place).ToHashSet();
        return service with { Destinations = service.Destinations.Where(destination => !places.Contains((destination.Address, destination.Port))).ToValueList() };
    }

    /// <summary>The same after the clock was set back, see <see cref="Leaver.NotAhead"/>.</summary>
    public Leaving NotAhead(DateTimeOffset now)
    {
        var services = _services;
        foreach (var (key, service) in _services)
        {
            if (service.Leavers.Any(leaver => leaver.Since > now))
                services = services.SetItem(key, service with { Leavers = service.Leavers.Select(leaver => leaver.NotAhead(now)).ToValueList() });
        }

        return ReferenceEquals(services, _services) ? this : new Leaving(services);
    }

    /// <summary>The same fitted to what is asked for: who is asked for does not leave.</summary>
    public Leaving Fitted(IpvsServiceKey key, VirtualService? asked)
    {
        if (Find(key) is not { } leaving)
            return this;
        if (asked is null)
            return With(key, leaving with { IsWhole = true });
        var places = asked.Destinations.Select(static destination => (destination.Address, destination.Port)).ToHashSet();
        return With(key, leaving with { IsWhole = false }).Keeping(key, leaver => !places.Contains(leaver.Place));
    }

    /// <summary>The services of which something else leaves.</summary>
    /// <param name="before">What left before.</param>
    /// <param name="after">What leaves now.</param>
    public static IEnumerable<(IpvsServiceKey Key, LeavingService? Before, LeavingService? After)> Compare(Leaving before, Leaving after)
    {
        if (ReferenceEquals(before, after))
            yield break;
        foreach (var key in before.Keys.Union(after.Keys))
        {
            var (old, now) = (before.Find(key), after.Find(key));
            if (!ReferenceEquals(old, now))
                yield return (key, old, now);
        }
    }

    /// <summary>The services of which something leaves that did not before.</summary>
    public IEnumerable<(IpvsServiceKey Key, LeavingService? Before, LeavingService After)> Since(Leaving before)
    {
        foreach (var (key, service) in ReferenceEquals(this, before) ? [] : _services)
        {
            if (!ReferenceEquals(before.Find(key), service))
                yield return (key, before.Find(key), service);
        }
    }

    /// <summary>Who leaves a service that a rule had: those of its servers that the service has, unless their connections are cut at once.</summary>
    /// <param name="had">The rule, as it had the service.</param>
    /// <param name="drain">How long connections live: what the rule says now, or said last.</param>
    /// <param name="service">The service, with those that leave it already.</param>
    /// <param name="now">The present time.</param>
    public LeavingService? Candidates(RuleCase had, TimeSpan drain, VirtualService service, DateTimeOffset now)
    {
        var key = service.Service.Key;
        var known = Find(key);
        var rule = had.Rule.ConnectionDrain == drain ? had.Rule : had.Rule with { ConnectionDrain = drain };
        if (Drain.IsCut(rule))
            return known;
        var leavers = known?.Leavers.ToList() ?? [];
        var places = leavers.Select(static leaver => leaver.Place).ToHashSet();
        var present = service.Destinations.ToDictionary(static destination => (destination.Address, destination.Port), static destination => destination.Weight);
        foreach (var (group, server) in had.ServersWithGroup)
        {
            (IPAddress, ushort) place = (server.Address!, Compiler.PortOf(had.Rule, server, key));
            if (!present.TryGetValue(place, out var weight) || !places.Add(place))
                continue;
            // The time of one that got no new connections before has begun then. As a sorry server it may have got some all the same.
            var since = weight == 0 && ReferenceEquals(group, had.Group) && had.Runtime.Drains.TryGetValue(server.Number ?? 0, out var begun) ? begun : now;
            leavers.Add(new Leaver { Rule = rule, Id = group.IdOf(server), Server = server, Port = place.Item2, Since = since, Deadline = Drain.DeadlineOf(drain, since) });
        }

        return leavers.Count == 0 ? null : new LeavingService { Rule = had.Rule, IsWhole = false, Leavers = leavers.ToValueList() };
    }
}
