namespace Ilb;

/// <summary>What becomes of the runtime of rules by what others say of servers. Pure.</summary>
internal static class OutsideWords
{
    /// <summary>The runtime after verdicts, and the rules that they are about.</summary>
    /// <param name="configuration">What is configured.</param>
    /// <param name="runtime">The runtime before.</param>
    /// <param name="verdicts">The verdicts, valid for themselves.</param>
    /// <param name="now">The present time.</param>
    /// <exception cref="IlbException">All that is wrong with them.</exception>
    public static (Runtime Runtime, HashSet<string> Rules) Apply(Configuration configuration, Runtime runtime, IReadOnlyList<OutsideVerdict> verdicts, DateTimeOffset now)
    {
        var errors = new List<IlbError>();
        var rules = new HashSet<string>();
        var served = new Dictionary<string, (ServerGroup? Group, Rule[] Rules)>();
        for (var i = 0; i < verdicts.Count; i++)
        {
            var named = verdicts[i].Rule is { } name ? configuration.FindRule(name) : null;
            if (verdicts[i].Rule is not null && named is null)
                errors.Add(new IlbError { Code = IlbErrorCode.NoSuchRule, Path = $"verdicts[{i}].rule", Message = $"rule {Quote.Of(verdicts[i].Rule)} does not exist" });
            for (var j = 0; j < verdicts[i].Servers.Count; j++)
            {
                var server = verdicts[i].Servers[j];
                if (!served.TryGetValue(server.ServerGroup, out var of))
                    served.Add(server.ServerGroup, of = (configuration.FindServerGroup(server.ServerGroup), [.. configuration.Rules.Where(rule => rule.ServerGroup == server.ServerGroup)]));
                if (Fault(verdicts[i], named, server, of.Group, of.Rules) is { } fault)
                {
                    errors.Add(fault with { Path = $"verdicts[{i}].servers[{j}]" });
                    continue;
                }

                foreach (var rule in verdicts[i].Rule is null ? of.Rules : named is null ? [] : [named])
                {
                    runtime = runtime.With(rule.Name, runtime.Of(rule.Name).WithOutside(server.Number, WordOf(verdicts[i], now)));
                    rules.Add(rule.Name);
                }
            }
        }

        return errors.Count == 0 ? (runtime, rules) : throw new IlbException(errors.ToValueList());
    }

    /// <summary>Checks that nothing is missing, and that verdicts are valid for themselves.</summary>
    /// <exception cref="IlbException">All that is wrong with them.</exception>
    public static void CheckGiven(IReadOnlyList<OutsideVerdict?> verdicts)
    {
        var errors = verdicts.SelectMany(static (verdict, place) => verdict is null
            ? [new IlbError { Code = IlbErrorCode.InvalidArgument, Message = $"verdicts[{place}] is missing", Path = $"verdicts[{place}]" }]
            : verdict.Validate().Select(error => error with { Path = $"verdicts[{place}].{error.Path}" })).ToValueList();
        if (errors.Count > 0)
            throw new IlbException(errors);
    }

    private static IlbError? Fault(OutsideVerdict verdict, Rule? named, ServerId server, ServerGroup? group, Rule[] rules)
    {
        if (group is null)
            return new IlbError { Code = IlbErrorCode.NoSuchServerGroup, Message = $"server group {Quote.Of(server.ServerGroup)} does not exist" };
        if (!group.Servers.Any(known => known.Number == server.Number))
            return new IlbError { Code = IlbErrorCode.NoSuchServer, Message = $"server {Quote.Of(server.ToString())} does not exist" };
        if (named is not null && named.ServerGroup != server.ServerGroup)
            return new IlbError { Code = IlbErrorCode.InvalidArgument, Message = $"server {Quote.Of(server.ToString())} does not serve rule {Quote.Of(named.Name)}, which has server group {Quote.Of(named.ServerGroup)}" };
        // It would be forgotten at once, and whoever says it would rely on it.
        return verdict.Rule is null && rules.Length == 0
            ? new IlbError { Code = IlbErrorCode.InvalidArgument, Message = $"server {Quote.Of(server.ToString())} serves no rule: no rule has server group {Quote.Of(server.ServerGroup)}" }
            : null;
    }

    private static Verdict? WordOf(OutsideVerdict verdict, DateTimeOffset now) => verdict.Word == OutsideWord.Withdrawn ? null : new Verdict
    {
        IsAlive = verdict.Word == OutsideWord.Alive,
        Since = now,
        Until = now + verdict.TimeToLive,
        Reason = verdict.Reason ?? "",
        IsOfAllRules = verdict.Rule is null,
    };
}
