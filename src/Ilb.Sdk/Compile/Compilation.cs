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
    /// <param name="touched">Gets the objects that may be others now.</param>
    public static WantedCompanions CompanionsAfter(WantedCompanions before, IReadOnlyList<RuleChange> changes, ISet<string> touched) =>
        changes.Aggregate(before, (wanted, change) => wanted.With((change.After ?? change.Before)!.Rule.Name, CompanionCompiler.Compile(change.Before), CompanionCompiler.Compile(change.After), touched));

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

    /// <summary>How services differ after changes of rules, null for those that go.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="find">A service as it is asked for so far.</param>
    /// <param name="now">The present time.</param>
    public static Dictionary<IpvsServiceKey, VirtualService?> Difference(IReadOnlyList<RuleChange> changes, Func<IpvsServiceKey, VirtualService?> find, DateTimeOffset now)
    {
        var difference = new Dictionary<IpvsServiceKey, VirtualService?>();
        var added = new List<VirtualService>(changes.Count);
        foreach (var change in changes)
        {
            // Not compiled anew: weights may have risen since.
            var before = change.Before is null || !change.Before.Rule.Enabled ? [] : Compiler.KeysOf(change.Before).Select(find).OfType<VirtualService>().ToDictionary(static service => service.Service.Key);
            var after = change.After is null ? [] : Compiler.Compile(change.After, now);
            foreach (var service in after)
            {
                if (!before.Remove(service.Service.Key, out var same) || same != service)
                    added.Add(service);
            }

            foreach (var key in before.Keys)
                difference[key] = null;
        }

        // At last, for one rule may take what another gave up.
        foreach (var service in added)
            difference[service.Service.Key] = service;
        return difference;
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
        return [.. rules.Values.Select(pair => RuleChange.Of(Case(pair.Before, FindBefore), Case(pair.After, find), now, isKept))];

        bool IsChanged(string group) => only is null ? groups.ContainsKey(group) : group == only;

        ServerGroup? FindBefore(string name) => groups.TryGetValue(name, out var changed) ? changed.Before : find(name);

        RuleCase? Case(Rule? rule, Func<string, ServerGroup?> find) => rule is null || find(rule.ServerGroup) is not { } group ? null : new RuleCase
        {
            Rule = rule,
            Group = group,
            Sorry = rule.Sorry is null ? null : find(rule.Sorry.ServerGroup),
            Check = rule.Health is null ? null : after.FindHealthCheck(rule.Health.Check),
            Runtime = runtime.Of(rule.Name),
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
