using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>
/// What a configuration asks of the kernel, remembered, so that another one costs what differs. Configurations are immutable and share what they have in common:
/// a rule and a server group that are the same objects as before need no second look.
/// </summary>
internal sealed class Compilation
{
    // Beyond so many rules a dictionary of the groups is cheaper than to search each.
    private const int FewRules = 8;

    private readonly Dictionary<IpvsServiceKey, VirtualService> _services = [];

    public Configuration Configuration { get; private set; } = Configuration.Empty;

    /// <summary>What is of the rules besides.</summary>
    public Runtime Runtime
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    } = Runtime.None;

    /// <summary>The services of all rules, by key.</summary>
    public IReadOnlyDictionary<IpvsServiceKey, VirtualService> Services => _services;

    /// <summary>What all rules ask for beside their services.</summary>
    public WantedCompanions Companions { get; private set; } = WantedCompanions.None;

    /// <summary>The ways of all checks that go through the data path. Their services are among <see cref="Services"/>.</summary>
    public ProbeWays Ways { get; private set; } = ProbeWays.None;

    /// <summary>Takes other ways of checks.</summary>
    public void MoveTo(ProbeWays ways) => Ways = ways;

    /// <summary>Takes what rules ask for beside their services.</summary>
    public void MoveTo(WantedCompanions companions) => Companions = companions;

    /// <summary>What rules ask for beside their services, after changes of rules.</summary>
    /// <param name="before">What they asked for.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="leaving">What of services left before and leaves now: what they rely on stays as long as they do.</param>
    /// <param name="node">The machine; null = one without settings.</param>
    /// <param name="touched">Gets the objects that may be others now.</param>
    public static WantedCompanions CompanionsAfter(WantedCompanions before, IReadOnlyList<RuleChange> changes, (Leaving Before, Leaving After) leaving, NodeSettings? node, ISet<string> touched)
    {
        var wanted = changes.Aggregate(before, (wanted, change) => wanted.With((change.After ?? change.Before)!.Rule.Name, CompanionCompiler.Compile(change.Before), CompanionCompiler.Compile(change.After), touched));
        foreach (var (key, old, now) in Leaving.Compare(leaving.Before, leaving.After))
        {
            // Also where a rule goes on to ask for the service: it may be another, or of another kind now.
            var asked = (Before: old?.Companions(node ?? RuleCase.DefaultNode) ?? [], After: now?.Companions(node ?? RuleCase.DefaultNode) ?? []);
            var (owner, next) = (WantedCompanions.OwnerOf((old ?? now)!.Rule.Name, key), WantedCompanions.OwnerOf((now ?? old)!.Rule.Name, key));
            wanted = owner == next ? wanted.With(owner, asked.Before, asked.After, touched) : wanted.With(owner, asked.Before, [], touched).With(next, [], asked.After, touched);
        }

        return wanted;
    }

    /// <summary>Takes another configuration and runtime, of which it is known how the services differ by them.</summary>
    public void MoveTo(Configuration configuration, Runtime runtime, IReadOnlyDictionary<IpvsServiceKey, VirtualService?> difference)
    {
        foreach (var (key, service) in difference)
        {
            if (service is null)
                _services.Remove(key);
            else
                _services[key] = service;
        }

        Configuration = configuration;
        Runtime = runtime;
    }

    /// <summary>How services differ after changes of rules, null for those that go; and what leaves then.</summary>
    /// <remarks>What is not asked for any more stays, without new connections, for as long as it may have old ones.</remarks>
    /// <param name="changes">The changes.</param>
    /// <param name="find">A service as it is so far, with what leaves it.</param>
    /// <param name="leaving">What leaves so far.</param>
    /// <param name="now">The present time.</param>
    public static (Dictionary<IpvsServiceKey, VirtualService?> Services, Leaving Leaving) Difference(IReadOnlyList<RuleChange> changes, Func<IpvsServiceKey, VirtualService?> find, Leaving leaving, DateTimeOffset now)
    {
        // First what rules had, for one may take what another gave up.
        var had = new Dictionary<IpvsServiceKey, LeavingService?>();
        foreach (var change in changes)
        {
            if (change.Before is not { Rule.Enabled: true } before)
                continue;
            foreach (var service in Compiler.KeysOf(before).Select(find).OfType<VirtualService>())
                had[service.Service.Key] = change.KeepsServers ? leaving.Find(service.Service.Key) : leaving.Candidates(before, (change.After ?? before).Rule.ConnectionDrain, service, now);
        }

        var difference = new Dictionary<IpvsServiceKey, VirtualService?>();
        foreach (var change in changes)
        {
            if (change.After is null)
                continue;
            foreach (var service in Compiler.Compile(change.After, now))
            {
                var key = service.Service.Key;
                had.Remove(key, out var left);
                Take(key, left ?? leaving.Find(key), service, change.After.PresentServers.Select(server => (server.Address!, Compiler.PortOf(change.After.Rule, server, key))).ToHashSet().Contains);
            }
        }

        foreach (var (key, left) in had)
            Take(key, left, null, static _ => false);
        return (difference, leaving);

        // Who is asked for, in service or not, does not leave. Whose time is over is let go by who counts, with what it relies on.
        void Take(IpvsServiceKey key, LeavingService? left, VirtualService? asked, Func<(IPAddress, ushort), bool> isAsked)
        {
            leaving = leaving.With(key, left?.Keeping(leaver => !isAsked(leaver.Place)) is { } rest ? rest with { IsWhole = asked is null } : null);
            var service = leaving.Over(key, asked);
            if (find(key) != service)
                difference[key] = service;
        }
    }

    /// <summary>How services differ where other things leave, or none; and what leaves then, fitted to what is asked for.</summary>
    /// <param name="keys">The services.</param>
    /// <param name="find">A service as it is so far, with what leaves it.</param>
    /// <param name="before">What leaves so far.</param>
    /// <param name="after">What is to leave.</param>
    public static (Dictionary<IpvsServiceKey, VirtualService?> Services, Leaving Leaving) Difference(IEnumerable<IpvsServiceKey> keys, Func<IpvsServiceKey, VirtualService?> find, Leaving before, Leaving after)
    {
        var difference = new Dictionary<IpvsServiceKey, VirtualService?>();
        foreach (var key in keys)
        {
            var present = find(key);
            var asked = before.Under(key, present);
            after = after.Fitted(key, asked);
            var service = after.Over(key, asked);
            if (service != present)
                difference[key] = service;
        }

        return (difference, after);
    }

    /// <summary>The rules of which the kernel may have to hold something else, found by comparing references.</summary>
    /// <param name="before">The configuration before.</param>
    /// <param name="after">The configuration after.</param>
    /// <param name="runtime">What is of the rules besides.</param>
    /// <param name="now">The present time.</param>
    /// <param name="isKept">Whether somebody is there to raise weights later.</param>
    /// <param name="node">The machine; null (default) = one without settings.</param>
    public static List<RuleChange> Compare(Configuration before, Configuration after, Runtime runtime, DateTimeOffset now, bool isKept = false, NodeSettings? node = null)
    {
        var groups = Compare(before.ServerGroups, after.ServerGroups, static group => group.Name);
        var rules = Compare(before.Rules, after.Rules, static rule => rule.Name);
        var checks = Compare(before.HealthChecks, after.HealthChecks, static check => check.Name);
        // Most often it is one, and to compare a name with one is much cheaper than to look it up.
        var only = groups.Count == 1 ? groups.Keys.Single() : null;
        for (var i = 0; (groups.Count > 0 || checks.Count > 0) && i < after.Rules.Count; i++)
        {
            var rule = after.Rules[i];
            if (IsChanged(rule.ServerGroup) || (rule.Sorry is { } sorry && IsChanged(sorry.ServerGroup)) || (rule.Health is { } health && checks.ContainsKey(health.Check)))
                rules.TryAdd(rule.Name, (rule, rule));
        }

        var find = rules.Count > FewRules ? after.ServerGroups.ToDictionary(static group => group.Name).GetValueOrDefault : (Func<string, ServerGroup?>)after.FindServerGroup;
        Dictionary<string, RuleRuntime>? words = null;
        return [.. rules.Values.Select(pair => RuleChange.Of(
            Case(pair.Before, FindBefore, pair.Before is null ? RuleRuntime.None : runtime.Of(pair.Before.Name)),
            Case(pair.After, find, pair.After is null ? RuleRuntime.None : RuntimeOf(pair.Before, pair.After)), now, isKept))];

        bool IsChanged(string group) => only is null ? groups.ContainsKey(group) : group == only;

        ServerGroup? FindBefore(string name) => groups.TryGetValue(name, out var changed) ? changed.Before : find(name);

        // The same number in another group is another server. What was said of a server in all rules holds for one that is new to its group.
        RuleRuntime RuntimeOf(Rule? old, Rule rule)
        {
            var known = runtime.Of(rule.Name);
            return old?.ServerGroup == rule.ServerGroup || (old is null && !known.IsEmpty) ? known : (words ??= runtime.WordsOfAll(before.Rules)).GetValueOrDefault(rule.ServerGroup, RuleRuntime.None);
        }

        RuleCase? Case(Rule? rule, Func<string, ServerGroup?> find, RuleRuntime ofRule) => rule is null || find(rule.ServerGroup) is not { } group ? null : new RuleCase
        {
            Rule = rule,
            Group = group,
            Sorry = rule.Sorry is null ? null : find(rule.Sorry.ServerGroup),
            Check = rule.Health is null ? null : after.FindHealthCheck(rule.Health.Check),
            Runtime = ofRule,
            Node = node ?? RuleCase.DefaultNode,
        };
    }

    /// <summary>The rules of which something else is known besides, or whose time has come.</summary>
    public static List<RuleChange> Compare(Configuration configuration, Runtime before, Runtime after, IReadOnlyCollection<string> rules, DateTimeOffset now, bool isKept, NodeSettings? node = null)
    {
        var changes = new List<RuleChange>(rules.Count);
        var isMany = rules.Count > FewRules;
        var findRule = isMany ? configuration.Rules.ToDictionary(static rule => rule.Name).GetValueOrDefault : (Func<string, Rule?>)configuration.FindRule;
        var findGroup = isMany ? configuration.ServerGroups.ToDictionary(static group => group.Name).GetValueOrDefault : (Func<string, ServerGroup?>)configuration.FindServerGroup;
        foreach (var name in rules)
        {
            if (findRule(name) is not { } rule || findGroup(rule.ServerGroup) is not { } group)
                continue;
            var present = new RuleCase { Rule = rule, Group = group, Sorry = rule.Sorry is null ? null : findGroup(rule.Sorry.ServerGroup), Runtime = after.Of(name), Node = node ?? RuleCase.DefaultNode };
            changes.Add(RuleChange.Of(present with { Runtime = before.Of(name) }, present, now, isKept));
        }

        return changes;
    }

    private static Dictionary<string, (T? Before, T? After)> Compare<T>(ValueList<T> before, ValueList<T> after, Func<T, string> name)
        where T : class
    {
        var changes = new Dictionary<string, (T? Before, T? After)>();
        if (ReferenceEquals(before, after))
            return changes;
        int first = 0, last = 0, common = Math.Min(before.Count, after.Count);
        while (first < common && ReferenceEquals(before[first], after[first]))
            first++;
        while (last < common - first && ReferenceEquals(before[^(last + 1)], after[^(last + 1)]))
            last++;
        // Where nothing came or went, each has kept its place.
        var isAligned = before.Count == after.Count;
        for (var i = first; i < before.Count - last; i++)
        {
            if (!isAligned || !ReferenceEquals(before[i], after[i]))
                changes[name(before[i])] = (before[i], null);
        }

        for (var i = first; i < after.Count - last; i++)
        {
            if (isAligned && ReferenceEquals(before[i], after[i]))
                continue;
            var (key, item) = (name(after[i]), after[i]);
            if (changes.TryGetValue(key, out var pair) && ReferenceEquals(pair.Before, item))
                changes.Remove(key);
            else
                changes[key] = (pair.Before, item);
        }

        return changes;
    }
}
