using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>What the loop does about what is not asked for any more but still has connections: it counts them, and lets go what has none, or has had its time.</summary>
internal sealed partial class Engine
{
    // So that many cannot keep others waiting: they take turns.
    private const int DrainSlice = 256;

    // Those that had no connection when they were counted last, and since when they leave: who comes back and leaves again is counted anew.
    private readonly HashSet<(IpvsServiceKey Service, IPAddress Address, ushort Port, DateTimeOffset Since)> _ended = [];
    private Queue<IpvsServiceKey> _uncounted = [];
    private long _lastDrain;

    // The services of which something leaves by a list of changes. Where nobody counts in between, all of which anything drains.
    private IEnumerable<IpvsServiceKey> WithDrains(Batch batch, IReadOnlyDictionary<IpvsServiceKey, VirtualService?> difference, Leaving leaving)
    {
        if (_timer is not null)
            return leaving.Since(batch.Runtime.Leaving).Select(static left => left.Key);
        var rules = batch.Runtime.Rules.Where(rule => !batch.Runtime.Of(rule).Drains.IsEmpty).ToHashSet();
        return leaving.Keys.Concat(batch.Wanted.ServicesOf(rules, difference));
    }

    // Who is not in the kernel need not leave it. Where nobody counts later, who has no connections now goes at once.
    private (WantedServices Wanted, Leaving Leaving) LetGo(Batch batch, WantedServices wanted, Leaving leaving, IReadOnlyCollection<IpvsServiceKey> services)
    {
        var rest = leaving;
        foreach (var key in services)
        {
            if (leaving.Find(key) is null)
                continue;
            var isOurs = batch.State.Owned.Contains(key) && batch.Look.Observe(key) is not null;
            // What was not looked at is as it was.
            if (isOurs && batch.Look.DestinationsOf(key) is null)
                continue;
            var found = isOurs ? ByPlace(batch.Look.DestinationsOf(key)!) : [];
            rest = rest.Keeping(key, leaver => found.TryGetValue(leaver.Place, out var state) && !leaver.IsOver(Now) && (_timer is not null || !leaver.HasEnded(state)));
        }

        (var difference, rest) = Compilation.Difference(services, wanted.Find, leaving, rest);
        return (wanted.With(difference, NoServices, adopt: false), rest);
    }

    // Those that lose new connections by changes of rules, as they were seen before.
    private ValueList<DrainingServer> Draining(Batch batch, List<RuleChange> rules, Leaving leaving)
    {
        var reader = new DrainReader(key => batch.State.Owned.Contains(key) ? batch.Look.DestinationsOf(key) : null, withEnded: false);
        foreach (var change in rules)
        {
            if (change.Before is not { Rule.Enabled: true } before)
                continue;
            var served = new Able(before);
            if (change.After is { } after)
                reader.Read(after, server => before.Group.Servers.Any(old => old.Number == server.Number && served.IsInService(old)), Now);
        }

        foreach (var (key, before, after) in leaving.Since(batch.Runtime.Leaving))
            reader.Read(key, before is null ? after : after with { Leavers = after.Leavers.Where(leaver => !before.Leavers.Contains(leaver)).ToValueList() });
        return reader.Servers;
    }

    // Takes what leaves, or does not any more. The kernel is not touched.
    private (Dictionary<IpvsServiceKey, VirtualService?> Difference, HashSet<string> Companions) Leave(Leaving leaving)
    {
        var (before, touched) = (_compilation.Runtime.Leaving, new HashSet<string>());
        if (ReferenceEquals(before, leaving))
            return ([], touched);
        (var difference, leaving) = Compilation.Difference(before.Keys.Union(leaving.Keys), _compilation.Services.GetValueOrDefault, before, leaving);
        var companions = Compilation.CompanionsAfter(_compilation.Companions, [], (before, leaving), _options.Node, touched);
        _compilation.MoveTo(_compilation.Configuration, _compilation.Runtime.With(leaving), difference);
        _compilation.MoveTo(companions);
        return (difference, touched);
    }

    // Those that stay in their rule, but whose time is over now, with the connections that they lose by it.
    private async Task<IReadOnlyList<(IpvsServiceKey Service, IPAddress Address, ushort Port, ServerDrained Cut)>> FindCutAsync()
    {
        var (runtime, now) = (_compilation.Runtime, Now);
        var due = (
            from change in Compilation.Compare(_compilation.Configuration, runtime, runtime, [.. _rising.Where(rule => !runtime.Of(rule).Drains.IsEmpty)], now, isKept: true, _options.Node)
            let rule = change.Before!
            from server in rule.Group.Servers
            where rule.IsDrainOver(server, now)
            from key in Compiler.KeysOf(rule)
            let port = Compiler.PortOf(rule.Rule, server, key)
            where IsWanted(key, server.Address!, port)
            select (Rule: rule, Server: server, Key: key, Port: port)).ToArray();
        if (due.Length == 0)
            return [];
        var found = await _forwarder.GetDestinationsAsync([.. due.Select(static one => one.Key).Distinct()], CancellationToken.None).ConfigureAwait(false);
        return
        [
            .. from one in due
               let state = found.GetValueOrDefault(one.Key, []).FirstOrDefault(state => state.Destination.Address.Equals(one.Server.Address) && state.Destination.Port == one.Port)
               where state is not null && !Drain.HasEnded(one.Rule.Rule, state.ActiveConnections, state.InactiveConnections)
               select (one.Key, one.Server.Address!, one.Port, new ServerDrained
               {
                   Rule = one.Rule.Rule.Name,
                   Server = one.Rule.Group.IdOf(one.Server),
                   Connections = Drain.CountOpen(one.Rule.Rule, state.ActiveConnections, state.InactiveConnections),
               }),
        ];
    }

    private bool IsWanted(IpvsServiceKey key, IPAddress address, ushort port) =>
        _compilation.Services.GetValueOrDefault(key)?.Destinations.Any(destination => destination.Port == port && destination.Address.Equals(address)) == true;

    // How long until connections are counted next; null if there is nothing to wait for.
    private TimeSpan? DrainIn()
    {
        if (_compilation.Runtime.Leaving.IsEmpty)
            return null;
        var next = Drain.Interval - _options.TimeProvider.GetElapsedTime(_lastDrain);
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private async Task DrainAsync()
    {
        if (DrainIn() != TimeSpan.Zero)
            return;
        _lastDrain = _options.TimeProvider.GetTimestamp();
        var now = Now;
        var leaving = _compilation.Runtime.Leaving.NotAhead(now);
        var services = NextToCount(leaving, now);
        var found = await _forwarder.GetDestinationsAsync(services, CancellationToken.None).ConfigureAwait(false);
        var gone = new List<ServerDrained>();
        foreach (var key in services)
        {
            var places = ByPlace(found.GetValueOrDefault(key, []));
            leaving = leaving.Keeping(key, leaver => IsLeft(key, leaver, places.GetValueOrDefault(leaver.Place), now, gone));
        }

        if (!ReferenceEquals(leaving, _compilation.Runtime.Leaving))
            await LetGoAsync(leaving).ConfigureAwait(false);
        foreach (var drained in gone)
            TellDrained(drained);
    }

    private HashSet<IpvsServiceKey> NextToCount(Leaving leaving, DateTimeOffset now)
    {
        if (_uncounted.Count == 0)
        {
            _uncounted = new Queue<IpvsServiceKey>(leaving.Keys);
            _ended.RemoveWhere(place => leaving.Find(place.Service)?.Leavers.Any(leaver => leaver.Since == place.Since && leaver.Place.Equals((place.Address, place.Port))) != true);
        }

        var services = leaving.Keys.Where(key => leaving.Find(key)!.Leavers.Any(leaver => leaver.IsOver(now))).ToHashSet();
        var until = services.Count + DrainSlice;
        while (services.Count < until && _uncounted.TryDequeue(out var key))
        {
            if (leaving.Find(key) is not null)
                services.Add(key);
        }

        return services;
    }

    private bool IsLeft(IpvsServiceKey key, Leaver leaver, IpvsDestinationState? found, DateTimeOffset now, List<ServerDrained> gone)
    {
        var place = (key, leaver.Place.Address, leaver.Port, leaver.Since);
        var isEnded = found is null || leaver.HasEnded(found);
        if (!isEnded && !leaver.IsOver(now))
        {
            _ended.Remove(place);
            return true;
        }

        // Those whose time is over need no second look, nor those that others have taken away.
        if (found is not null && !leaver.IsOver(now) && _ended.Add(place))
            return true;
        _ended.Remove(place);
        gone.Add(new ServerDrained { Rule = leaver.Rule.Name, Server = leaver.Id, Connections = isEnded ? 0 : Drain.CountOpen(leaver.Rule, found!.ActiveConnections, found.InactiveConnections) });
        return false;
    }

    private async Task LetGoAsync(Leaving leaving)
    {
        var before = _compilation.Companions;
        var (difference, touched) = Leave(leaving);
        var wanted = new WantedServices(_compilation.Services).With(difference, NoServices, adopt: false);
        try
        {
            var state = Recall();
            state.Note(_compilation.Runtime.Leaving);
            var beside = CompanionPlan.Nothing;
            if (touched.Count > 0)
            {
                var found = await FindCompanionsAsync(state, _compilation.Companions, touched, CancellationToken.None).ConfigureAwait(false);
                beside = CompanionPlanner.Plan(touched, _compilation.Companions, before, found, state.Kept);
                state.Keep(beside.Kept);
            }

            await FollowAsync(state, wanted, [.. difference.Keys], beside).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The loop goes on, whatever it was: nobody asks for it any more, and it is taken away when it can be.
            Log.NotFollowed(_logger, e.Message);
            _instance.Forget();
            foreach (var service in difference.Keys.Where(service => !_backoff.Contains(service)))
                _backoff.Fail(service);
        }
    }

    private void TellDrained(ServerDrained drained)
    {
        _events.Add(drained);
        if (drained.Connections == 0)
            Log.Drained(_logger, drained.Server.ToString(), Quote.Of(drained.Rule));
        else
            Log.Cut(_logger, drained.Server.ToString(), Quote.Of(drained.Rule), drained.Connections);
    }

    private static Dictionary<(IPAddress Address, ushort Port), IpvsDestinationState> ByPlace(IReadOnlyList<IpvsDestinationState> states) =>
        states.ToDictionary(static state => (state.Destination.Address, state.Destination.Port));
}
