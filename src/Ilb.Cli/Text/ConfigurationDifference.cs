namespace Ilb.Cli.Text;

/// <summary>What one configuration has otherwise than another, a line for each object.</summary>
internal static class ConfigurationDifference
{
    public static IReadOnlyList<string> Of(Configuration before, Configuration after)
    {
        string[] lines =
        [
            .. Of("server group", before.ServerGroups, after.ServerGroups, static group => group.Name, static group => new CreateServerGroup { ServerGroup = group }),
            .. Of("health check", before.HealthChecks, after.HealthChecks, static check => check.Name, static check => new CreateHealthCheck { HealthCheck = check }),
            .. Of("rule", before.Rules, after.Rules, static rule => rule.Name, static rule => new CreateRule { Rule = rule }),
            .. Of("failover group", before.FailoverGroups, after.FailoverGroups, static group => group.Name, static group => new CreateFailoverGroup { FailoverGroup = group }),
        ];
        return lines is [] ? ["no change"] : lines;
    }

    private static IEnumerable<string> Of<T>(string kind, ValueList<T> before, ValueList<T> after, Func<T, string> nameOf, Func<T, Change> create)
        where T : notnull
    {
        var old = before.ToDictionary(nameOf);
        var kept = after.Select(nameOf).ToHashSet();
        foreach (var name in old.Keys.Where(name => !kept.Contains(name)))
            yield return $"delete {kind} {Quote.Of(name)}";
        foreach (var item in after)
        {
            if (!old.TryGetValue(nameOf(item), out var present))
                yield return create(item).ToString();
            else if (!present.Equals(item))
                yield return $"change {kind} {Quote.Of(nameOf(item))}";
        }
    }
}
