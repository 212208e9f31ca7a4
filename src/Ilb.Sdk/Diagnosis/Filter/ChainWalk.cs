using System.Text.Json;

namespace Ilb;

/// <summary>Leads a packet through the chains of a hook and collects what is done to it. Pure.</summary>
internal sealed class ChainWalk
{
    // The kernel allows 16 jumps into each other. A packet that meets more rules than this is given up.
    private const int MaximumDepth = 16;
    private const int MaximumRules = 50_000;

    private readonly Ruleset _ruleset;
    private readonly FilterChain _base;
    private readonly List<FilterEffect> _effects = [];
    private readonly List<OpenCondition> _escapes = [];
    private FilterPacket _packet;
    private int _rules;
    private bool _isAimed;

    private ChainWalk(Ruleset ruleset, FilterChain chain, FilterPacket packet) => (_ruleset, _base, _packet) = (ruleset, chain, packet);

    private enum Ending
    {
        Falls,
        Accepted,
        Dropped,
    }

    /// <summary>Leads a packet through a base chain.</summary>
    /// <param name="ruleset">The packet filter.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="packet">The packet; as it leaves the chain afterwards.</param>
    /// <param name="effects">Gets what is done to it.</param>
    /// <returns>False if it ends here for certain.</returns>
    public static bool Pass(Ruleset ruleset, FilterChain chain, ref FilterPacket packet, List<FilterEffect> effects)
    {
        var walk = new ChainWalk(ruleset, chain, packet);
        // Which interface packets come by is not known.
        List<OpenCondition> conditions = chain.Device is { } device ? [new OpenCondition($"iifname {device}", false)] : [];
        var ending = walk.Walk(chain, conditions, 0);
        // A packet meets the chain's policy wherever it fell out.
        var isDropped = ending == Ending.Dropped || (ending == Ending.Falls && chain.IsDropping);
        if (walk._rules > MaximumRules)
            walk.Report(FilterAct.Unknown, chain, null, [], "too many rules");
        else if (ending == Ending.Falls && chain.IsDropping)
            walk.Report(FilterAct.Drop, chain, null, conditions, "");
        effects.AddRange(walk._effects);
        packet = walk._packet;
        return !isDropped || walk._escapes.Count > 0 || conditions.Count > 0;
    }

    private Ending Walk(FilterChain chain, IReadOnlyList<OpenCondition> given, int depth)
    {
        var returns = new List<OpenCondition>();
        foreach (var rule in chain.Rules)
        {
            if (++_rules > MaximumRules)
                return Ending.Accepted;
            var isAimed = _isAimed;
            var ending = Apply(chain, rule, given, returns, depth);
            _isAimed = isAimed;
            if (ending is { } end)
                return Left(end);
        }

        return Left(Ending.Falls);

        // Who returned under a condition meets what comes after this chain all the same.
        Ending Left(Ending ending)
        {
            if (ending == Ending.Falls)
                _escapes.RemoveAll(returns.Contains);
            return ending;
        }
    }

    // What ends the chain; null if the next rule comes.
    private Ending? Apply(FilterChain chain, FilterRule rule, IReadOnlyList<OpenCondition> given, List<OpenCondition> returns, int depth)
    {
        var conditions = new List<OpenCondition>(given);
        foreach (var (place, statement) in rule.Statements.Index())
        {
            if (statement.ValueKind != JsonValueKind.Object)
                continue;
            var member = statement.EnumerateObject().First();
            var (kind, value) = (member.Name, member.Value);
            switch (kind)
            {
                case "match":
                    switch (Condition(chain).Match(value))
                    {
                        case Truth.No:
                            return null;
                        case Truth.Maybe:
                            Add(conditions, kind, value);
                            break;
                        default:
                            _isAimed |= Ilb.Condition.IsAboutPlace(value, _packet.IsReply);
                            break;
                    }

                    break;
                case "counter" or "log" or "comment" or "ct helper" or "ct timeout" or "ct expectation" or "secmark" or "last" or "dup" or "synproxy":
                    break;
                case "set" or "meter" when !value.TryGetProperty("stmt", out _):
                    break;
                case "xt" when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("name", out var name) && name.GetString() is "comment" or "LOG" or "NFLOG":
                    break;
                case "vmap":
                    return ApplyMap(chain, rule, conditions, value, returns, depth);
                case "mangle":
                    if (value.GetProperty("key").TryGetProperty("meta", out var meta) && meta.GetProperty("key").GetString() == "mark")
                        SetMark(chain, rule, conditions, value.GetProperty("value"));
                    break;
                case "notrack":
                    // What is tracked already stays so.
                    if (_base.Priority >= FilterPath.Tracking)
                        break;
                    Report(FilterAct.NoTrack, chain, rule, conditions, kind);
                    if (conditions.Count == 0 && _escapes.Count == 0)
                        _packet = _packet with { State = "untracked" };
                    break;
                case "flow":
                    Report(FilterAct.Offload, chain, rule, conditions, $"flow add {(value.TryGetProperty("flowtable", out var table) ? table.ToString() : "")}");
                    break;
                case "accept" or "drop" or "jump" or "goto" or "return" or "continue":
                    return Verdict(chain, rule, conditions, statement, returns, depth);
                case "reject":
                    return Drop(chain, rule, conditions, kind);
                case "dnat" or "redirect" or "tproxy":
                    Report(FilterAct.Destination, chain, rule, conditions, kind);
                    return Accept(conditions);
                case "snat" or "masquerade":
                    Report(FilterAct.Source, chain, rule, conditions, kind);
                    return Accept(conditions);
                case "queue" or "fwd":
                    Report(FilterAct.Unknown, chain, rule, conditions, kind);
                    return Accept(conditions);
                default:
                    // A limit, or something that only a newer version knows: it may let the packet go on to the rest of the rule, or not.
                    Add(conditions, kind, value);
                    if (place == rule.Statements.Length - 1 && kind is not ("limit" or "quota" or "ct count" or "set" or "meter"))
                        Report(FilterAct.Unknown, chain, rule, conditions, FilterText.Of(kind, value));
                    break;
            }
        }

        return null;
    }

    private Ending? ApplyMap(FilterChain chain, FilterRule rule, List<OpenCondition> conditions, JsonElement map, List<OpenCondition> returns, int depth)
    {
        var (key, data) = (map.GetProperty("key"), map.GetProperty("data"));
        var elements = data.ValueKind == JsonValueKind.String && data.GetString() is ['@', .. var name] ? _ruleset.FindElements(chain, name) : data.TryGetProperty("set", out var list) ? [.. list.EnumerateArray()] : null;
        foreach (var element in elements ?? [])
        {
            if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 2)
                continue;
            var truth = Condition(chain).IsKey(key, element[0]);
            if (truth == Truth.No)
                continue;
            if (truth == Truth.Yes)
                return Verdict(chain, rule, conditions, element[1], returns, depth);
            var text = $"{FilterText.Expression(key)} {FilterText.Expression(element[0])}";
            if (Verdict(chain, rule, [.. conditions, new OpenCondition(text, IsAboutClient("match", key))], element[1], returns, depth) is { } ending)
                return ending;
        }

        if (elements is null)
            Report(FilterAct.Unknown, chain, rule, conditions, "vmap");
        return null;
    }

    private Ending? Verdict(FilterChain chain, FilterRule rule, List<OpenCondition> conditions, JsonElement verdict, List<OpenCondition> returns, int depth)
    {
        var member = verdict.EnumerateObject().First();
        switch (member.Name)
        {
            case "accept":
                return Accept(conditions);
            case "drop":
                return Drop(chain, rule, conditions, "drop");
            case "return":
                if (conditions.Count == 0)
                    return Ending.Falls;
                Escape(conditions);
                returns.Add(_escapes[^1]);
                return null;
            case "jump" or "goto" when depth < MaximumDepth && _ruleset.FindChain(chain, member.Value.GetProperty("target").GetString()!) is { } target:
                var ending = Walk(target, conditions, depth + 1);
                // What is only open here has been told there.
                if (conditions.Count == 0)
                    return ending != Ending.Falls || member.Name == "goto" ? ending : null;
                if (ending != Ending.Falls || member.Name == "goto")
                    Escape(conditions);
                if (ending == Ending.Falls && member.Name == "goto")
                    returns.Add(_escapes[^1]);
                return null;
            case "continue":
                return null;
            default:
                Report(FilterAct.Unknown, chain, rule, conditions, member.Name);
                return null;
        }
    }

    private Ending? Accept(List<OpenCondition> conditions) => conditions.Count == 0 ? Ending.Accepted : Escape(conditions);

    private Ending? Drop(FilterChain chain, FilterRule rule, List<OpenCondition> conditions, string statement)
    {
        Report(FilterAct.Drop, chain, rule, conditions, statement);
        // Where it is open whether it comes that far, what comes after it never sees the packet either.
        return conditions.Count == 0 ? Ending.Dropped : null;
    }

    // Under these conditions what comes is not reached.
    private Ending? Escape(List<OpenCondition> conditions)
    {
        _escapes.Add(new OpenCondition(string.Join(' ', conditions.Select(static condition => condition.Text)), conditions.Any(static condition => condition.IsAboutClient), _isAimed));
        return null;
    }

    private void SetMark(FilterChain chain, FilterRule rule, List<OpenCondition> conditions, JsonElement value)
    {
        var mark = Condition(chain).MarkOf(value);
        Report(FilterAct.Mark, chain, rule, conditions, $"meta mark set {FilterText.Expression(value)}", mark);
        _packet = _packet with { Mark = conditions.Count == 0 && _escapes.Count == 0 ? mark : _packet.Mark == mark ? mark : null };
    }

    private void Report(FilterAct act, FilterChain chain, FilterRule? rule, IReadOnlyList<OpenCondition> conditions, string statement, uint? mark = null) =>
        _effects.Add(new FilterEffect { Act = act, Chain = chain, Rule = rule, Conditions = [.. conditions], Escapes = [.. _escapes], Mark = mark, IsAfterOurs = _packet.IsMarked, Statement = statement });

    private void Add(List<OpenCondition> conditions, string kind, JsonElement value) => conditions.Add(new OpenCondition(FilterText.Of(kind, value), IsAboutClient(kind, value)));

    private bool IsAboutClient(string kind, JsonElement value) => Ilb.Condition.IsAboutClient(kind, value, _packet.IsReply);

    private Condition Condition(FilterChain chain) => new(_ruleset, chain, _packet);
}
