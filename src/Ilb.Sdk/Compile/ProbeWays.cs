using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>
/// The ways of all checks that go through the data path. Each has a mark, which only the sockets of probes bear, and a hidden service of that mark with the one server: so a packet for the VIP gets to this server, by the
/// way of the traffic. A mark is kept as long as its way is used. Immutable; another one shares what they have in common.
/// </summary>
internal sealed class ProbeWays
{
    private readonly ImmutableDictionary<ProbeWay, Lead> _leads;
    private readonly ImmutableDictionary<string, IReadOnlyList<ProbeWay>> _rules;
    private readonly ImmutableDictionary<uint, ProbeWay> _marks;
    // The number given last. They go down, for those of rules go up from 1, and round, so that one that was given back is used again as late as can be: the kernel may still remember connections by it.
    private readonly uint _last;

    private ProbeWays(ImmutableDictionary<ProbeWay, Lead> leads, ImmutableDictionary<string, IReadOnlyList<ProbeWay>> rules, ImmutableDictionary<uint, ProbeWay> marks, uint last) =>
        (_leads, _rules, _marks, _last) = (leads, rules, marks, last);

    public static ProbeWays None { get; } =
        new(ImmutableDictionary<ProbeWay, Lead>.Empty, ImmutableDictionary<string, IReadOnlyList<ProbeWay>>.Empty, ImmutableDictionary<uint, ProbeWay>.Empty, 0);

    public int Count => _leads.Count;

    /// <summary>All of them.</summary>
    public IEnumerable<ProbeWay> All => _leads.Keys;

    /// <summary>The rules that have any.</summary>
    public IEnumerable<string> Rules => _rules.Keys;

    /// <summary>Whether the checks of a rule take any.</summary>
    public bool Has(string rule) => _rules.ContainsKey(rule);

    /// <summary>How a way is taken; null if nobody takes it, or no mark was left for it.</summary>
    public Lead? Find(ProbeWay way) => _leads.GetValueOrDefault(way);

    /// <summary>The same after rules take other ways.</summary>
    /// <param name="rules">The rules with the ways that they take now.</param>
    /// <param name="marks">The marks of this machine.</param>
    /// <param name="routes">What is known of the servers of new ways.</param>
    /// <param name="claimed">Keys that services of rules have from now on.</param>
    /// <param name="isTaken">Whether a rule's own service has a key.</param>
    public ProbeChange With(
        IEnumerable<(string Rule, IReadOnlyList<ProbeWay> Ways)> rules,
        MarkSettings marks,
        IReadOnlyDictionary<IPAddress, ProbeRoute> routes,
        IEnumerable<IpvsServiceKey> claimed,
        Func<IpvsServiceKey, bool> isTaken)
    {
        var (leads, named, marked, last) = (_leads.ToBuilder(), _rules.ToBuilder(), _marks.ToBuilder(), _last);
        HashSet<ProbeWay> touched = [];
        HashSet<string> changed = [];
        List<(string Rule, ProbeWay Way)> added = [];
        var isShort = false;
        foreach (var (rule, ways) in rules)
        {
            var before = _rules.GetValueOrDefault(rule, []);
            if (before.SequenceEqual(ways))
                continue;
            changed.Add(rule);
            foreach (var way in before.Except(ways))
            {
                if (!leads.TryGetValue(way, out var lead))
                    continue;
                touched.Add(way);
                leads[way] = lead with { Rules = lead.Rules.Remove(rule) };
            }

            added.AddRange(ways.Except(before).Select(way => (rule, way)));
            if (ways.Count == 0)
                named.Remove(rule);
            else
                named[rule] = ways;
        }

        foreach (var (rule, way) in added)
        {
            if (!leads.TryGetValue(way, out var lead))
            {
                if (NextMark(way) is not { } mark)
                {
                    isShort = true;
                    continue;
                }

                lead = new Lead { Mark = mark, Route = routes.GetValueOrDefault(way.Server, ProbeRoute.None), Rules = NoRules };
            }

            touched.Add(way);
            leads[way] = lead with { Rules = lead.Rules.Add(rule) };
        }

        foreach (var way in touched.Where(way => leads[way].Rules.IsEmpty))
        {
            marked.Remove(leads[way].Mark);
            leads.Remove(way);
        }

        // A rule that comes has its mark by its number: the way gives it up.
        foreach (var key in claimed)
        {
            if (key.FirewallMark == 0 || !marked.TryGetValue(key.FirewallMark, out var way) || way.Server.AddressFamily != key.Family)
                continue;
            touched.Add(way);
            changed.UnionWith(leads[way].Rules);
            marked.Remove(key.FirewallMark);
            if (NextMark(way) is { } mark)
                leads[way] = leads[way] with { Mark = mark };
            else
                isShort |= leads.Remove(way);
        }

        var after = touched.Count == 0 && changed.Count == 0 ? this : new ProbeWays(leads.ToImmutable(), named.ToImmutable(), marked.ToImmutable(), last);
        return new ProbeChange { Before = this, After = after, Ways = touched, Rules = changed, IsShort = isShort };

        uint? NextMark(ProbeWay way)
        {
            for (var tries = marks.MaximumNumber; tries > 0; tries--)
            {
                last = last == 0 ? First(marks) : last == 1 ? marks.MaximumNumber : last - 1;
                var mark = marks.MarkOf(last);
                if (marked.ContainsKey(mark) || isTaken(KeyOf(way, mark)))
                    continue;
                marked.Add(mark, way);
                return mark;
            }

            return null;
        }
    }

    /// <summary>The same with other routes.</summary>
    public ProbeChange With(IReadOnlyDictionary<IPAddress, ProbeRoute> routes)
    {
        var leads = _leads.ToBuilder();
        HashSet<ProbeWay> touched = [];
        HashSet<string> changed = [];
        foreach (var (way, lead) in _leads.Where(pair => routes.TryGetValue(pair.Key.Server, out var route) && route != pair.Value.Route))
        {
            touched.Add(way);
            changed.UnionWith(lead.Rules);
            leads[way] = lead with { Route = routes[way.Server] };
        }

        return new ProbeChange { Before = this, After = touched.Count == 0 ? this : new ProbeWays(leads.ToImmutable(), _rules, _marks, _last), Ways = touched, Rules = changed };
    }

    /// <summary>The hidden service of a way; null if it has none.</summary>
    public VirtualService? ServiceOf(ProbeWay way) => Find(way) is not { } lead ? null : new VirtualService
    {
        Rule = lead.Rules[0],
        IsProbe = true,
        // One packet at a time: of datagrams no connection is remembered, which a later probe of another server with the same port would be led by.
        Service = new IpvsService { Key = KeyOf(way, lead.Mark), Scheduler = "wrr", OnePacket = true },
        Destinations = [new IpvsDestination { Address = way.Server, Port = 0, Forwarding = way.Forwarding, Tunnel = way.Tunnel }],
    };

    /// <summary>The settings that the checks of a rule need beside: without, the kernel takes an answer from the VIP, which is its own address too, for a forgery. IPv6 does not look.</summary>
    public IReadOnlyList<Companion> SettingsOf(string rule) =>
    [
        .. _rules.GetValueOrDefault(rule, []).Where(static way => way.Server.AddressFamily == AddressFamily.InterNetwork).Select(way => Find(way)?.Route.Interface).OfType<string>().Distinct().Where(static name => name != "lo")
            .Select(static name => new KernelSetting { Path = $"net/ipv4/conf/{name}/accept_local", Value = "1" }),
    ];

    private static ImmutableSortedSet<string> NoRules { get; } = ImmutableSortedSet<string>.Empty.WithComparer(StringComparer.Ordinal);

    // ipvsadm shows marks from 2³¹ on as negative ones, which it does not take back: these come last.
    private static uint First(MarkSettings marks) => marks.MaximumNumber > 1 && marks.MarkOf(marks.MaximumNumber) > int.MaxValue && marks.Base <= int.MaxValue ? marks.MaximumNumber / 2 : marks.MaximumNumber;

    private static IpvsServiceKey KeyOf(ProbeWay way, uint mark) => IpvsServiceKey.ForFirewallMark(mark, way.Server.AddressFamily);

    /// <summary>How a way is taken.</summary>
    internal sealed record Lead
    {
        public required uint Mark { get; init; }

        public required ProbeRoute Route { get; init; }

        /// <summary>The rules whose checks take it.</summary>
        public required ImmutableSortedSet<string> Rules { get; init; }
    }
}
