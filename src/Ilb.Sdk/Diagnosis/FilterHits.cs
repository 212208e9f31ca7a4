using System.Globalization;

namespace Ilb;

/// <summary>Gathers what the packet filter does to packets of rules: one cause, all that it hits.</summary>
internal sealed class FilterHits(Facts facts)
{
    private readonly Dictionary<Cause, Hit> _hits = [];
    private readonly Dictionary<(uint Mark, bool IsV6), string> _marked = facts.All.SelectMany(static rule => rule.Pools.Select(pool => (pool.Wanted.Service.Key, rule.Rule.Rule.Name)))
        .Where(static pair => pair.Key.FirewallMark != 0).ToDictionary(static pair => (pair.Key.FirewallMark, pair.Key.Family == System.Net.Sockets.AddressFamily.InterNetworkV6), static pair => pair.Name);

    private readonly bool _isTracked = facts.Kernel.Setting("net/ipv4/vs/conntrack") == "1";
    private readonly bool _hasTranslation = facts.Filter.Chains.Any(static chain => chain.Type == "nat") || facts.All.Any(static rule => rule.Rule.Rule is { Enabled: true, Topology: Topology.Nat });
    private readonly HashSet<string> _untracked = [];

    private enum Certainty
    {
        /// <summary>All of it, always.</summary>
        Certain,

        /// <summary>All of it, unless some condition holds that cannot be told.</summary>
        Unless,

        /// <summary>What meets some condition that cannot be told.</summary>
        Part,
    }

    /// <summary>Takes what is done to the first packet of a connection and to those after it.</summary>
    public void Take(Rule rule, PacketMark? mark, PathPart part, (ServerId Id, Server Server)? server, Func<bool, List<FilterEffect>> effects)
    {
        var seen = new HashSet<(FilterChain, FilterRule?)>();
        foreach (var isLater in (bool[])[false, true])
        {
            foreach (var effect in effects(isLater))
            {
                if (isLater && (effect.Act != FilterAct.Drop || effect.Conditions.Count > 0 || seen.Contains((effect.Chain, effect.Rule))))
                    continue;
                seen.Add((effect.Chain, effect.Rule));
                if (effect is { Act: FilterAct.NoTrack, Conditions.Count: 0, Escapes.Count: 0 } && part == PathPart.Request)
                    _untracked.Add(rule.Name);
                if (Matters(rule, mark, part, effect) is { } consequence)
                    Note(rule, part, server, isLater, effect, consequence);
            }
        }
    }

    /// <summary>A finding for each cause.</summary>
    public void Tell(FindingList findings)
    {
        foreach (var (cause, hit) in _hits)
        {
            var severity = SeverityOf(cause, hit.Effect);
            findings.Add(severity, KindOf(cause.Act), hit.Rules, Message(cause, hit), severity == FindingSeverity.Note ? null : Advice(cause, hit), hit.Servers.Select(static server => server.Id));
        }
    }

    private static FindingKind KindOf(FilterAct act) => act switch
    {
        FilterAct.Drop => FindingKind.PacketsDropped,
        FilterAct.Destination => FindingKind.DestinationTranslated,
        FilterAct.Source => FindingKind.SourceTranslated,
        FilterAct.NoTrack => FindingKind.NotTracked,
        FilterAct.Mark => FindingKind.Marked,
        FilterAct.Offload => FindingKind.Offloaded,
        _ => FindingKind.FilterUnknown,
    };

    // What comes of it, or null if nothing does.
    private string? Matters(Rule rule, PacketMark? mark, PathPart part, FilterEffect effect) => (effect.Act, part) switch
    {
        (FilterAct.Drop, _) => "",
        (FilterAct.Destination, PathPart.Request) => "IPVS never sees it",
        (FilterAct.Source, PathPart.Onward) => rule.Topology switch
        {
            Topology.HalfNat => "the servers do not see the clients' addresses",
            Topology.Dsr => "the servers answer this machine instead of the clients, and no connection comes about",
            Topology.Nat => "it goes before proxy-src",
            _ => null,
        },
        (FilterAct.NoTrack, PathPart.Request) when rule.Topology == Topology.Nat => "sources are not translated, and servers answer the clients by ways of their own",
        (FilterAct.NoTrack, PathPart.Reply) when rule.Topology == Topology.Nat => "they are not translated back, and no connection comes about",
        // Tracking sees the request alone, takes its second packet for another connection's, and translation finds that one's port taken.
        (FilterAct.NoTrack, PathPart.Reply) when rule.Topology == Topology.HalfNat && rule.Protocol != Protocol.Udp && _isTracked && _hasTranslation && !_untracked.Contains(rule.Name) => "connections are tracked by half, and translation gives the clients' packets other ports",
        (FilterAct.Offload, PathPart.Reply) when _isTracked => "connections in the flowtable go around IPVS, and their packets lose their way",
        (FilterAct.Mark, PathPart.Request) => MarkMatters(rule, mark, effect),
        (FilterAct.Unknown, _) => "what it does cannot be told from here",
        _ => null,
    };

    // The kernel compares all bits of a mark, and looks for a service of the mark first.
    private string? MarkMatters(Rule rule, PacketMark? mark, FilterEffect effect)
    {
        if (mark is null)
            return effect.Mark is { } given && _marked.TryGetValue((given, FilterNames.IsV6(rule.Vip!)), out var other) && other != rule.Name ? $"rule {Quote.Of(other)}, whose mark that is, takes it" : null;
        var isKept = effect.Mark is { } after && (effect.IsAfterOurs ? after : (after & ~mark.Mask) | mark.Mark) == mark.Mark;
        return isKept ? null : string.Create(CultureInfo.InvariantCulture, $"IPVS knows the rule's packets by the mark 0x{mark.Mark:x8}, and does not take others");
    }

    private void Note(Rule rule, PathPart part, (ServerId Id, Server Server)? server, bool isLater, FilterEffect effect, string consequence)
    {
        var certainty = effect.Conditions.Count > 0 ? Certainty.Part : effect.Escapes.Count > 0 ? Certainty.Unless : Certainty.Certain;
        // What cannot be told of a mark is no more than a possibility.
        if (effect is { Act: FilterAct.Mark, Mark: null } && certainty == Certainty.Certain)
            certainty = Certainty.Unless;
        var cause = new Cause(effect.Act, effect.Chain, effect.Rule, part, isLater, certainty, consequence);
        if (!_hits.TryGetValue(cause, out var hit))
            _hits.Add(cause, hit = new Hit(effect));
        hit.Rules.Add(rule.Name);
        if (server is { } known)
            hit.Servers.Add(known);
        hit.Places.Add(part == PathPart.Request || server is null ? $"{rule.Protocol.ToText()} {NumericAddress.WithPorts(rule.Vip!, rule.Ports)}" : $"{server.Value.Id} ({NumericAddress.WithPorts(server.Value.Server.Address!, server.Value.Server.Ports ?? rule.Ports)})");
        hit.Matches.Add(new PacketMatch(rule, part, server?.Server));
    }

    private static FindingSeverity SeverityOf(Cause cause, FilterEffect effect)
    {
        if (cause.Act == FilterAct.Unknown)
            return FindingSeverity.Note;
        return cause.Certainty switch
        {
            // The rule does its work, but not as it is meant to.
            Certainty.Certain => cause.Act == FilterAct.Offload || (cause.Act == FilterAct.Source && !cause.Consequence.Contains("no connection", StringComparison.Ordinal)) ? FindingSeverity.Warning : FindingSeverity.Error,
            // Who lets just these clients in means it.
            Certainty.Unless => effect.Escapes.Count > 0 && effect.Escapes.All(static escape => escape is { IsAboutClient: true, IsAimed: true }) ? FindingSeverity.Note : FindingSeverity.Warning,
            _ => effect.Conditions.Any(static condition => condition.IsAboutClient) ? FindingSeverity.Note : FindingSeverity.Warning,
        };
    }

    private static string Message(Cause cause, Hit hit)
    {
        var places = hit.Places.Distinct().ToArray();
        var named = places.Length > 3 ? $"{string.Join(", ", places.Take(3))} and {places.Length - 3} more" : string.Join(", ", places);
        var traffic = (cause.Part switch
        {
            PathPart.Request => $"what clients send to {named}",
            PathPart.Onward => $"what goes on to {(places.Length == 1 ? "server" : "servers")} {named}",
            _ => $"what comes back from {(places.Length == 1 ? "server" : "servers")} {named}",
        }) + (cause.IsLater ? " after the first packet of a connection" : "");
        var (does, may) = cause.Act switch
        {
            FilterAct.Drop => ("drops", "may drop"),
            FilterAct.Destination => ("sends elsewhere", "may send elsewhere"),
            FilterAct.Source => ("gives another source to", "may give another source to"),
            FilterAct.NoTrack => ("keeps connection tracking from", "may keep connection tracking from"),
            FilterAct.Mark => ("marks", "may mark"),
            FilterAct.Offload => ("offloads", "may offload"),
            _ => ("meets", "may meet"),
        };
        var doer = cause.Rule is null ? cause.Chain.ToString() : $"'{FilterText.OfRule(cause.Rule)}' (handle {cause.Rule.Handle.ToString(CultureInfo.InvariantCulture)} of {cause.Chain})";
        var of = FindingList.OfRules(hit.Rules);
        var reason = cause.Rule is null && cause.Act == FilterAct.Drop ? "no rule of it accepts that, and its policy is drop" : cause.Consequence;
        var (verb, condition) = cause.Certainty switch
        {
            Certainty.Certain => (does, ""),
            Certainty.Unless when hit.Effect.Escapes.Count > 0 => (may, $", except where {Join(hit.Effect.Escapes)}"),
            Certainty.Unless => (may, ""),
            _ => (may, $", where {string.Join(' ', hit.Effect.Conditions.Select(static one => one.Text))}"),
        };
        var sentence = $"{doer} {verb} {traffic}{condition}, of {of}";
        return reason.Length == 0 ? sentence : $"{sentence}: {reason}";
    }

    private static string Join(IReadOnlyList<OpenCondition> conditions)
    {
        var texts = conditions.Select(static condition => condition.Text).Distinct().ToArray();
        return string.Join(" or ", texts.Take(3)) + (texts.Length > 3 ? " or …" : "");
    }

    private string Advice(Cause cause, Hit hit)
    {
        var isOfIptables = facts.Filter.IsOfIptables(cause.Chain);
        var commands = hit.Matches.Select(match => isOfIptables ? match.Iptables(cause.Chain, cause.Rule is null) : match.Nft(cause.Chain, cause.Rule)).Distinct().ToArray();
        return FindingList.Lines(commands) + (cause.Chain.Table == "firewalld" ? "\n# firewalld writes this table anew at each reload: tell it too" : "");
    }

    private sealed record Cause(FilterAct Act, FilterChain Chain, FilterRule? Rule, PathPart Part, bool IsLater, Certainty Certainty, string Consequence);

    private sealed class Hit(FilterEffect effect)
    {
        /// <summary>The first of its kind.</summary>
        public FilterEffect Effect => effect;

        public List<string> Rules { get; } = [];

        public List<(ServerId Id, Server Server)> Servers { get; } = [];

        public List<string> Places { get; } = [];

        public List<PacketMatch> Matches { get; } = [];
    }
}
