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

    /// <summary>The services of all rules, by key.</summary>
    public IReadOnlyDictionary<IpvsServiceKey, VirtualService> Services => _services;

    /// <summary>Takes another configuration, of which it is known how its services differ.</summary>
    public void MoveTo(Configuration configuration, IReadOnlyDictionary<IpvsServiceKey, VirtualService?> difference)
    {
        foreach (var (key, service) in difference)
        {
            if (service is null)
                _services.Remove(key);
            else
                _services[key] = service;
        }

        Configuration = configuration;
    }

    /// <summary>The services after changes of rules, null for those that go.</summary>
    public static Dictionary<IpvsServiceKey, VirtualService?> Difference(IReadOnlyList<RuleChange> changes)
    {
        var difference = new Dictionary<IpvsServiceKey, VirtualService?>();
        var added = new List<VirtualService>(changes.Count);
        foreach (var change in changes)
        {
            var (before, after) = (Compile(change.Before, change.GroupBefore), Compile(change.After, change.GroupAfter));
            if (before == after)
                continue;
            if (before is not null)
                difference[before.Service.Key] = null;
            if (after is not null)
                added.Add(after);
        }

        // At last, for one rule may take what another gave up.
        foreach (var service in added)
            difference[service.Service.Key] = service;
        return difference;
    }

    /// <summary>The rules of which the kernel may have to hold something else, found by comparing references.</summary>
    public static List<RuleChange> Compare(Configuration before, Configuration after)
    {
        var groups = Compare(before.ServerGroups, after.ServerGroups, static group => group.Name);
        var rules = Compare(before.Rules, after.Rules, static rule => rule.Name);
        // Most often it is one, and to compare a name with one is much cheaper than to look it up.
        var only = groups.Count == 1 ? groups.Keys.Single() : null;
        for (var i = 0; groups.Count > 0 && i < after.Rules.Count; i++)
        {
            var rule = after.Rules[i];
            if (only is null ? groups.ContainsKey(rule.ServerGroup) : rule.ServerGroup == only)
                rules.TryAdd(rule.Name, (rule, rule));
        }

        var find = rules.Count > FewRules ? after.ServerGroups.ToDictionary(static group => group.Name).GetValueOrDefault : (Func<string, ServerGroup?>)after.FindServerGroup;
        return [.. rules.Values.Select(pair => new RuleChange
        {
            Before = pair.Before,
            GroupBefore = pair.Before is null ? null : groups.TryGetValue(pair.Before.ServerGroup, out var changed) ? changed.Before : find(pair.Before.ServerGroup),
            After = pair.After,
            GroupAfter = pair.After is null ? null : find(pair.After.ServerGroup),
        })];
    }

    private static VirtualService? Compile(Rule? rule, ServerGroup? group) => rule is null || group is null ? null : Compiler.Compile(rule, group);

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
