using System.Net;

namespace Ilb;

/// <summary>What a configuration must be.</summary>
internal static class ConfigurationChecks
{
    public static void Check(Configuration configuration, ErrorList errors)
    {
        var before = errors.Count;
        CheckGiven(configuration, errors);
        if (errors.Count > before)
            return;
        var groups = new Dictionary<string, ServerGroup>();
        for (var i = 0; i < configuration.ServerGroups.Count; i++)
        {
            var group = configuration.ServerGroups[i];
            errors.Under($"serverGroups[{i}]", under => GroupChecks.Check(group, under));
            foreach (var server in group.Servers)
            {
                if (server.Address is null)
                    errors.Add(IlbErrorCode.InvalidServer, $"serverGroups[{i}]", $"server group {Quote.Of(group.Name)}: server {Quote.Of(server.Host)} has no address");
            }

            if (!groups.TryAdd(group.Name, group))
                errors.Add(IlbErrorCode.ServerGroupExists, $"serverGroups[{i}].name", $"server group {Quote.Of(group.Name)} stands there twice");
        }

        var checks = new Dictionary<string, HealthCheck>();
        for (var i = 0; i < configuration.HealthChecks.Count; i++)
        {
            var check = configuration.HealthChecks[i];
            errors.Under($"healthChecks[{i}]", under => HealthCheckChecks.Check(check, under));
            if (!checks.TryAdd(check.Name, check))
                errors.Add(IlbErrorCode.AlreadyExists, $"healthChecks[{i}].name", $"health check {Quote.Of(check.Name)} stands there twice");
        }

        var names = new HashSet<string>();
        var numbers = new Dictionary<uint, Rule>();
        var byVip = new Dictionary<(IPAddress, Protocol), List<Rule>>();
        for (var i = 0; i < configuration.Rules.Count; i++)
        {
            var rule = configuration.Rules[i];
            errors.Under($"rules[{i}]", under => CheckRule(rule, groups, checks, byVip, under));
            if (rule.Number is { } number && !numbers.TryAdd(number, rule))
                errors.Under($"rules[{i}]", under => RuleChecks.AddSameNumber(rule, numbers[number], under));
            if (!names.Add(rule.Name))
                errors.Add(IlbErrorCode.AlreadyExists, $"rules[{i}].name", $"rule {Quote.Of(rule.Name)} stands there twice");
        }

        CheckFailoverGroups(configuration.FailoverGroups, errors);
    }

    private static void CheckFailoverGroups(ValueList<FailoverGroup> groups, ErrorList errors)
    {
        var names = new HashSet<string>();
        foreach (var (place, group) in groups.Index())
        {
            var path = $"failoverGroups[{place}]";
            errors.Under(path, under =>
            {
                FailoverGroupChecks.Check(group, under);
                FailoverGroupChecks.CheckWithOthers(group, groups.Take(place), under);
            });
            if (!names.Add(group.Name))
                errors.Add(IlbErrorCode.AlreadyExists, $"{path}.name", $"failover group {Quote.Of(group.Name)} stands there twice");
        }
    }

    /// <summary>Checks that nothing is missing that every other check relies on.</summary>
    public static void CheckGiven(Configuration configuration, ErrorList errors)
    {
        if (errors.CheckGiven(configuration.ServerGroups, "serverGroups"))
        {
            for (var i = 0; i < configuration.ServerGroups.Count; i++)
                errors.CheckGiven(configuration.ServerGroups[i].Servers, $"serverGroups[{i}].servers");
        }

        errors.CheckGiven(configuration.HealthChecks, "healthChecks");
        if (errors.CheckGiven(configuration.Rules, "rules"))
        {
            for (var i = 0; i < configuration.Rules.Count; i++)
                RuleChecks.CheckGiven(configuration.Rules[i].Health, $"rules[{i}].health", errors);
        }

        if (errors.CheckGiven(configuration.FailoverGroups, "failoverGroups"))
        {
            for (var i = 0; i < configuration.FailoverGroups.Count; i++)
                FailoverGroupChecks.CheckGiven(configuration.FailoverGroups[i], $"failoverGroups[{i}].", errors);
        }
    }

    private static void CheckRule(Rule rule, Dictionary<string, ServerGroup> groups, Dictionary<string, HealthCheck> checks, Dictionary<(IPAddress, Protocol), List<Rule>> byVip, ErrorList errors)
    {
        RuleChecks.Check(rule, errors);
        RuleChecks.CheckWithGroups(rule, groups.GetValueOrDefault, false, errors);

        RuleChecks.CheckWithHealthCheck(rule, checks.GetValueOrDefault, errors);
        if (rule.Vip is null && rule.FirewallMark is null)
            return;

        // Rules of marks stand together under the unspecified address, which is no VIP.
        var key = (rule.Vip ?? IPAddress.Any, rule.Protocol);
        if (!byVip.TryGetValue(key, out var same))
            byVip.Add(key, same = []);
        if (RuleChecks.FindOverlap(rule, same) is { } other)
            RuleChecks.AddOverlap(rule, other, errors);
        same.Add(rule);
    }
}
