namespace Ilb;

/// <summary>Changes for a person.</summary>
internal static class ChangeText
{
    // So many of a list are named.
    private const int Shown = 3;

    public static string Of(Change change) => change switch
    {
        CreateServerGroup create => $"create server group {Quote.Of(create.ServerGroup?.Name)}{(create.ServerGroup is { Servers.Count: > 0 } group ? $" with {Names("server", group.Servers)}" : "")}",
        DeleteServerGroup delete => $"delete server group {Quote.Of(delete.Name)}",
        AddServers add => $"add {Names("server", add.Servers)} to server group {Quote.Of(add.ServerGroup)}",
        RemoveServers remove => $"remove {Names("server", remove.Servers)} from server group {Quote.Of(remove.ServerGroup)}",
        EnableServers enable => $"enable {Servers(enable.Servers, enable.ServerGroup)}",
        DisableServers disable => $"disable {Servers(disable.Servers, disable.ServerGroup)}",
        SetServers set => $"set {Servers(set.Servers, set.ServerGroup)}{Members(("weight", set.Weight), ("maxConn", set.MaximumConnections), ("minConn", set.MinimumConnections))}",
        CreateHealthCheck create => $"create health check {Quote.Of(create.HealthCheck?.Name)}",
        DeleteHealthChecks delete => $"delete {Names("health check", delete.Names)}",
        SetHealthCheck set => $"set health check {Quote.Of(set.Name)}{Members(("test", set.Test), ("timeout", set.Timeout), ("count", set.Count), ("interval", set.Interval), ("rise", set.Rise), ("fast", set.Fast), ("defaultPing", set.DefaultPing))}",
        CreateRule create => $"create rule {Quote.Of(create.Rule?.Name)}{(create.Rule is { Enabled: false } ? ", disabled" : "")}",
        DeleteRules delete => $"delete {Names("rule", delete.Names, delete.All)}",
        EnableRules enable => $"enable {Names("rule", enable.Names, enable.All)}",
        DisableRules disable => $"disable {Names("rule", disable.Names, disable.All)}",
        SetRule set => $"set rule {Quote.Of(set.Name)}{Members([.. (set.Reset ?? []).Select(static member => (member, (object?)"")), .. MembersOf(set)])}",
        CreateFailoverGroup create => $"create failover group {Quote.Of(create.FailoverGroup?.Name)}{(create.FailoverGroup is { Enabled: false } ? ", disabled" : "")}",
        DeleteFailoverGroups delete => $"delete {Names("failover group", delete.Names, delete.All)}",
        EnableFailoverGroups enable => $"enable {Names("failover group", enable.Names, enable.All)}",
        DisableFailoverGroups disable => $"disable {Names("failover group", disable.Names, disable.All)}",
        SetFailoverGroup set => $"set failover group {Quote.Of(set.Name)}{Members(("vrid", set.VirtualRouterId), ("interface", set.Interface), ("priority", set.Priority), ("interval", set.Interval), ("preempt", set.Preempt), ("peers", set.Peers), ("vips", set.Addresses))}",
        ReplaceAll replace => $"replace everything by {Count(replace.Configuration?.ServerGroups?.Count, "server group")}, {Count(replace.Configuration?.HealthChecks?.Count, "health check")}, {Count(replace.Configuration?.Rules?.Count, "rule")} and {Count(replace.Configuration?.FailoverGroups?.Count, "failover group")}",
        _ => change.GetType().Name,
    };

    private static IEnumerable<(string, object?)> MembersOf(SetRule set) =>
    [
        ("vip", set.Vip), ("protocol", set.Protocol), ("ports", set.Ports), ("fwmark", set.FirewallMark), ("interface", set.Interface), ("algorithm", set.Algorithm), ("topology", set.Topology),
        ("proxySrc", set.ProxySource), ("persistence", set.Persistence), ("hashPort", set.HashPort), ("fallback", set.Fallback), ("ops", set.OnePacket), ("tunnel", set.Tunnel), ("health", set.Health),
        ("connDrain", set.ConnectionDrain), ("natTimeout", set.NatTimeout), ("slowStart", set.SlowStart), ("onDisable", set.OnDisable), ("serverGroup", set.ServerGroup), ("sorry", set.Sorry), ("passive", set.Passive),
    ];

    private static string Servers(ValueList<ServerId>? servers, string? group) => group is null ? Names("server", servers) : $"all servers of server group {Quote.Of(group)}";

    private static string Names<T>(string kind, ValueList<T>? items, bool all = false)
    {
        if (all)
            return $"all {kind}s";
        if (items is null || items.Count == 0)
            return $"no {kind}";
        return $"{kind}{(items.Count == 1 ? "" : "s")} {string.Join(", ", items.Take(Shown).Select(static item => Quote.Of(item?.ToString())))}{(items.Count > Shown ? $" and {items.Count - Shown} more" : "")}";
    }

    private static string Members(params IEnumerable<(string Name, object? Value)> members)
    {
        var names = members.Where(static member => member.Value is not null).Select(static member => member.Name).Distinct().ToArray();
        return names.Length == 0 ? "" : $": {string.Join(", ", names)}";
    }

    private static string Count(int? count, string kind) => $"{count ?? 0} {kind}{(count == 1 ? "" : "s")}";
}
