using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>Tells which servers get no new connections and still have some, by what was seen of them. Pure.</summary>
/// <param name="find">What was seen of the destinations of a service; null if it is not there, or not ours.</param>
/// <param name="withEnded">Whether also those that leave and have no connections any more, and those whose time is over and that still have some.</param>
internal sealed class DrainReader(Func<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>?> find, bool withEnded)
{
    private readonly List<DrainingServer> _found = [];

    /// <summary>Those found, each once a rule, however many services it has.</summary>
    public ValueList<DrainingServer> Servers => _found
        .GroupBy(static server => (server.Rule, server.Server, server.Address))
        .Select(static same => same.First() with { ActiveConnections = same.Sum(static server => server.ActiveConnections), InactiveConnections = same.Sum(static server => server.InactiveConnections) }).ToValueList();

    /// <summary>Those that leave a service.</summary>
    public void Read(IpvsServiceKey key, LeavingService service)
    {
        if (find(key) is not { } states)
            return;
        var places = ByPlace(states);
        foreach (var leaver in service.Leavers)
        {
            if (!places.TryGetValue(leaver.Place, out var state) || (!withEnded && leaver.HasEnded(state)))
                continue;
            _found.Add(new DrainingServer
            {
                Rule = leaver.Rule.Name,
                Server = leaver.Id,
                Address = leaver.Place.Address,
                Ports = leaver.Server.Ports,
                IsLeaving = true,
                Since = leaver.Since,
                Deadline = leaver.Deadline,
                ActiveConnections = state.ActiveConnections,
                InactiveConnections = state.InactiveConnections,
            });
        }
    }

    /// <summary>Those of a rule that goes on.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="isMeant">Which of its servers matter.</param>
    /// <param name="now">The present time.</param>
    public void Read(RuleCase rule, Func<Server, bool> isMeant, DateTimeOffset now)
    {
        if (!rule.Rule.Enabled)
            return;
        var able = new Able(rule);
        var servers = rule.Group.Servers.Where(server => !able.IsInService(server) && !able.IsCut(server) && (withEnded || !rule.IsDrainOver(server, now)) && isMeant(server)).ToArray();
        if (servers.Length == 0)
            return;
        foreach (var key in Compiler.KeysOf(rule))
        {
            if (find(key) is not { } states)
                continue;
            var places = ByPlace(states);
            foreach (var server in servers)
            {
                var place = (server.Address!, Compiler.PortOf(rule.Rule, server, key));
                // Who has its time behind it and is there in the sorry group's name does not leave.
                if (rule.IsDrainOver(server, now) && rule.SorryServers.Any(other => place.Equals((other.Address!, Compiler.PortOf(rule.Rule, other, key)))))
                    continue;
                if (places.TryGetValue(place, out var state) && !Drain.HasEnded(rule.Rule, state.ActiveConnections, state.InactiveConnections))
                    _found.Add(Of(rule, server, state));
            }
        }
    }

    private static DrainingServer Of(RuleCase rule, Server server, IpvsDestinationState state)
    {
        DateTimeOffset? since = rule.Runtime.Drains.TryGetValue(server.Number!.Value, out var start) ? start : null;
        return new DrainingServer
        {
            Rule = rule.Rule.Name,
            Server = rule.Group.IdOf(server),
            Address = server.Address!,
            Ports = server.Ports,
            IsLeaving = false,
            Since = since,
            Deadline = since is { } begin ? Drain.DeadlineOf(rule.Rule.ConnectionDrain, begin) : null,
            ActiveConnections = state.ActiveConnections,
            InactiveConnections = state.InactiveConnections,
        };
    }

    private static Dictionary<(IPAddress, ushort), IpvsDestinationState> ByPlace(IReadOnlyList<IpvsDestinationState> states) =>
        states.ToDictionary(static state => (state.Destination.Address, state.Destination.Port));
}
