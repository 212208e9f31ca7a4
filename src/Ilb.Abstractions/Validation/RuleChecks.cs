namespace Ilb;

/// <summary>What a rule must be, for itself, beside its server group, and beside other rules.</summary>
internal static class RuleChecks
{
    public static void Check(Rule rule, ErrorList errors)
    {
        errors.CheckName("rule", rule.Name, "name");
        if (rule.Vip is null)
            errors.Add(IlbErrorCode.InvalidAddress, "vip", $"rule {rule.Name}: the VIP is missing");
        else
            errors.CheckAddress(rule.Vip, $"rule {rule.Name}: VIP", "vip");
        CheckDefined(rule, rule.Protocol, "protocol", errors);
        CheckDefined(rule, rule.Algorithm, "algorithm", errors);
        CheckDefined(rule, rule.Topology, "topology", errors);
        if (string.IsNullOrEmpty(rule.ServerGroup))
            errors.Add(IlbErrorCode.NoSuchServerGroup, "serverGroup", $"rule {rule.Name}: the server group is missing");
        if (rule.Health is not null)
            errors.Under("health", under => CheckHealth(rule, rule.Health, under));
    }

    public static void CheckWithGroup(Rule rule, ServerGroup group, ErrorList errors)
    {
        foreach (var server in group.Servers)
        {
            if (rule.Vip is not null && server.Address is not null && server.Address.AddressFamily != rule.Vip.AddressFamily)
            {
                errors.Add(IlbErrorCode.FamilyMismatch, "serverGroup",
                    $"rule {rule.Name}: VIP {rule.Vip} and server {server} of server group {group.Name} are of different address families");
            }

            CheckPorts(rule, group, server, errors);
        }
    }

    private static void CheckHealth(Rule rule, RuleHealth health, ErrorList errors)
    {
        if (string.IsNullOrEmpty(health.Check))
            errors.Add(IlbErrorCode.NotFound, "check", $"rule {rule.Name}: the name of the health check is missing");
        if (health.OnDead is { } onDead)
            CheckDefined(rule, onDead, "onDead", errors);
        CheckDefined(rule, health.Start, "start", errors);
        if (health.Panic is { Value: < 1 or > 99 })
            errors.Add(IlbErrorCode.InvalidArgument, "panic", $"rule {rule.Name}: panic {health.Panic} is out of range, allowed is 1% to 99%");
    }

    /// <summary>Checks a rule beside the health check that it names.</summary>
    public static void CheckWithHealthCheck(Rule rule, Func<string, HealthCheck?> find, ErrorList errors)
    {
        if (string.IsNullOrEmpty(rule.Health?.Check))
            return;
        if (find(rule.Health.Check) is { } check)
            HealthCheckChecks.CheckWithRule(rule, check, errors);
        else
            errors.Add(IlbErrorCode.NotFound, "health.check", $"rule {rule.Name}: health check {rule.Health.Check} does not exist");
    }

    /// <summary>The first rule before this one that it overlaps in VIP, protocol and ports.</summary>
    public static Rule? FindOverlap(Rule rule, IEnumerable<Rule> others)
    {
        foreach (var other in others)
        {
            if (other.Protocol == rule.Protocol && other.Vip is not null && other.Vip.Equals(rule.Vip)
                && (other.Ports ?? PortRange.All).Overlaps(rule.Ports ?? PortRange.All))
            {
                return other;
            }
        }

        return null;
    }

    public static void AddOverlap(Rule rule, Rule other, ErrorList errors) => errors.Add(IlbErrorCode.RuleOverlaps, "vip",
        $"rule {rule.Name} overlaps rule {other.Name}: both take {rule.Protocol.ToText()} {NumericAddress.WithPorts(rule.Vip!, Common(rule, other))}");

    // In DSR and TUN the packet's port stays. NAT maps to the same port, to one port (collapse) or to a range as long (shift).
    private static void CheckPorts(Rule rule, ServerGroup group, Server server, ErrorList errors)
    {
        if (server.Ports is not { } ports)
            return;
        var ruled = rule.Ports ?? PortRange.All;
        var allowed = rule.Topology is Topology.Dsr or Topology.Tun
            ? ports == ruled
            : ports.Count == 1 || ports.Count == ruled.Count;
        if (allowed)
            return;
        var wanted = rule.Topology is Topology.Dsr or Topology.Tun ? "no port or exactly the rule's" : "no port, one port, or as many as the rule";
        errors.Add(IlbErrorCode.PortMismatch, "serverGroup",
            $"rule {rule.Name}: server {server} of server group {group.Name} does not match the rule's {PortText(rule.Ports)}: with type={rule.Topology.ToText()} a server has {wanted}");
    }

    private static string PortText(PortRange? ports) => ports is null ? "all ports" : ports.Count == 1 ? $"port {ports}" : $"ports {ports}";

    private static PortRange? Common(Rule rule, Rule other)
    {
        var (a, b) = (rule.Ports ?? PortRange.All, other.Ports ?? PortRange.All);
        var common = new PortRange(Math.Max(a.First, b.First), Math.Min(a.Last, b.Last));
        return common == PortRange.All ? null : common;
    }

    private static void CheckDefined<T>(Rule rule, T value, string path, ErrorList errors)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            errors.Add(IlbErrorCode.InvalidArgument, path, $"rule {rule.Name}: {path} {value} does not exist");
    }
}
