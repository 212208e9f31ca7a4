namespace Ilb;

/// <summary>What a rule must be, for itself, beside its server group, and beside other rules.</summary>
internal static class RuleChecks
{
    public static void Check(Rule rule, ErrorList errors)
    {
        errors.CheckName("rule", rule.Name, "name");
        CheckPackets(rule, errors);
        CheckDefined(rule, rule.Protocol, "protocol", errors);
        CheckDefined(rule, rule.Algorithm, "algorithm", errors);
        CheckDefined(rule, rule.Topology, "topology", errors);
        if (string.IsNullOrEmpty(rule.ServerGroup))
            errors.Add(IlbErrorCode.NoSuchServerGroup, "serverGroup", $"rule {Quote.Of(rule.Name)}: the server group is missing");
        if (rule.Number is 0 or > Rule.MaximumNumber)
            errors.Add(IlbErrorCode.InvalidArgument, "number", $"rule {Quote.Of(rule.Name)}: number {rule.Number} is out of range, allowed is 1-{Rule.MaximumNumber}");
        RuleMethodChecks.Check(rule, errors);
        if (rule.Health is not null)
            errors.Under("health", under => CheckHealth(rule, rule.Health, under));
    }

    /// <summary>Checks that nothing is missing that every other check relies on.</summary>
    public static void CheckGiven(RuleHealth? health, string path, ErrorList errors)
    {
        if (health is not null)
            errors.CheckGiven(health.Port, $"{path}.port");
    }

    private static void CheckPackets(Rule rule, ErrorList errors)
    {
        if (rule.Interface is not null)
            errors.CheckInterface(rule.Interface, $"rule {Quote.Of(rule.Name)}", "interface");
        if (rule.FirewallMark is not { } mark)
        {
            if (rule.Vip is null)
                errors.Add(IlbErrorCode.InvalidAddress, "vip", $"rule {Quote.Of(rule.Name)}: the VIP is missing");
            else
                errors.CheckAddress(rule.Vip, $"rule {Quote.Of(rule.Name)}: VIP", "vip");
            return;
        }

        CheckDefined(rule, mark.Family, "fwmark.family", errors);
        if (mark.Mark == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "fwmark.mark", $"rule {Quote.Of(rule.Name)}: fwmark 0 is out of range, allowed is 1-{uint.MaxValue}");
        if (rule.Vip is not null || rule.Ports is not null || rule.Protocol != Protocol.Tcp || rule.Interface is not null)
            errors.Add(IlbErrorCode.InvalidArgument, "fwmark", $"rule {Quote.Of(rule.Name)}: fwmark stands instead of vip, port, protocol and interface");
    }

    /// <summary>Checks a rule beside its server group and its sorry group.</summary>
    public static void CheckWithGroups(Rule rule, Func<string, ServerGroup?> find, bool mustHaveServers, ErrorList errors)
    {
        CheckOne(rule.ServerGroup, "serverGroup");
        CheckOne(rule.Sorry?.ServerGroup, "sorry.serverGroup");

        void CheckOne(string? name, string path)
        {
            if (string.IsNullOrEmpty(name))
                return;
            if (find(name) is not { } group)
                errors.Add(IlbErrorCode.NoSuchServerGroup, path, $"rule {Quote.Of(rule.Name)}: server group {Quote.Of(name)} does not exist");
            else if (mustHaveServers && group.Servers.Count == 0)
                errors.Add(IlbErrorCode.ServerGroupEmpty, path, $"rule {Quote.Of(rule.Name)}: server group {Quote.Of(name)} has no server");
            else
                CheckWithGroup(rule, group, errors, path);
        }
    }

    // One line for a group, however many of its servers it is about.
    private static void CheckWithGroup(Rule rule, ServerGroup group, ErrorList errors, string path)
    {
        var strangers = rule.Family is { } family ? group.Servers.Filter(server => server.Address is not null && server.Address.AddressFamily != family) : [];
        if (strangers.Count > 0)
        {
            errors.Add(IlbErrorCode.FamilyMismatch, path,
                $"rule {Quote.Of(rule.Name)}: {(rule.Vip is null ? rule.FirewallMark!.ToString() : $"VIP {rule.Vip}")} and server {First(strangers)} of server group {Quote.Of(group.Name)} are of different address families");
        }

        CheckPorts(rule, group, errors, path);
    }

    /// <summary>The first of some servers, and how many there are besides.</summary>
    public static string First(ValueList<Server> servers) => $"{Quote.Of(servers[0].ToString())}{(servers.Count > 1 ? $" (and {servers.Count - 1} more)" : "")}";

    private static void CheckHealth(Rule rule, RuleHealth health, ErrorList errors)
    {
        if (string.IsNullOrEmpty(health.Check))
            errors.Add(IlbErrorCode.NotFound, "check", $"rule {Quote.Of(rule.Name)}: the name of the health check is missing");
        if (health.OnDead is { } onDead)
            CheckDefined(rule, onDead, "onDead", errors);
        CheckDefined(rule, health.Start, "start", errors);
        if (health.Panic is { Value: < 1 or > 99 })
            errors.Add(IlbErrorCode.InvalidArgument, "panic", $"rule {Quote.Of(rule.Name)}: panic {health.Panic} is out of range, allowed is 1% to 99%");
    }

    /// <summary>Checks a rule beside the health check that it names.</summary>
    public static void CheckWithHealthCheck(Rule rule, Func<string, HealthCheck?> find, ErrorList errors)
    {
        if (string.IsNullOrEmpty(rule.Health?.Check))
            return;
        if (find(rule.Health.Check) is { } check)
            HealthCheckChecks.CheckWithRule(rule, check, errors);
        else
            errors.Add(IlbErrorCode.NotFound, "health.check", $"rule {Quote.Of(rule.Name)}: health check {Quote.Of(rule.Health.Check)} does not exist");
    }

    /// <summary>The first rule before this one that it overlaps in VIP, protocol and ports, or in the mark.</summary>
    public static Rule? FindOverlap(Rule rule, IEnumerable<Rule> others)
    {
        foreach (var other in others)
        {
            if (rule.FirewallMark is not null && rule.FirewallMark == other.FirewallMark)
                return other;
            if (other.Protocol == rule.Protocol && other.Vip is not null && other.Vip.Equals(rule.Vip)
                && (other.Ports ?? PortRange.All).Overlaps(rule.Ports ?? PortRange.All))
            {
                return other;
            }
        }

        return null;
    }

    public static void AddSameNumber(Rule rule, Rule other, ErrorList errors) => errors.Add(IlbErrorCode.AlreadyExists, "number",
        $"rule {Quote.Of(rule.Name)}: rule {Quote.Of(other.Name)} has number {rule.Number} already: leave it out, and a free one is given");

    public static void AddOverlap(Rule rule, Rule other, ErrorList errors) => errors.Add(IlbErrorCode.RuleOverlaps, "vip",
        $"rule {Quote.Of(rule.Name)} overlaps rule {Quote.Of(other.Name)}: both take {(rule.Vip is null ? rule.FirewallMark!.ToString() : $"{rule.Protocol.ToText()} {NumericAddress.WithPorts(rule.Vip, Common(rule, other))}")}");

    // In DSR and TUN the packet's port stays. NAT maps to the same port, to one port (collapse) or to a range as long (shift).
    private static void CheckPorts(Rule rule, ServerGroup group, ErrorList errors, string path)
    {
        var ruled = rule.Ports ?? PortRange.All;
        var keepsPort = rule.Topology is Topology.Dsr or Topology.Tun;
        var unfit = group.Servers.Filter(server => server.Ports is { } ports && !(keepsPort ? ports == ruled : ports.Count == 1 || (ports.Count == ruled.Count && rule.FirewallMark is null)));
        if (unfit.Count > 0)
        {
            errors.Add(IlbErrorCode.PortMismatch, path,
                $"rule {Quote.Of(rule.Name)}: server {First(unfit)} of server group {Quote.Of(group.Name)} does not match the rule's {PortText(rule)}: with type={rule.Topology.ToText()} a server has {Allowed()}");
        }

        if (rule.OnDisable == DisabledTraffic.Pass && unfit.Count == 0 && rule.MapPorts(group.Servers) == PortMapping.EachPort)
        {
            errors.Add(IlbErrorCode.PortMismatch, path,
                $"rule {Quote.Of(rule.Name)}: on-disable=pass needs ports that stay{(rule.Persistence is null ? " or become one" : "")}, and those of server {First(group.Servers.Filter(server => server.Ports is { } ports && ports != ruled))} of server group {Quote.Of(group.Name)} are others than the rule's {PortText(rule)}");
        }

        if (keepsPort || ruled.Count == 1 || unfit.Count > 0)
            return;
        if (CheckStickyPorts(rule, ruled, group, errors, path) && rule.FirewallMark is null && ruled.Count > Rule.MaximumMappedPorts && rule.MapPorts(group.Servers) == PortMapping.EachPort)
        {
            errors.Add(IlbErrorCode.PortMismatch, path,
                $"rule {Quote.Of(rule.Name)}: {PortText(rule)} are mapped one by one to those of server group {Quote.Of(group.Name)}, which needs a service of the kernel for each: at most {Rule.MaximumMappedPorts} are allowed");
        }

        string Allowed() => (keepsPort, rule.FirewallMark is null) switch
        {
            (true, true) => "no port or exactly the rule's",
            (true, false) => "no port",
            (false, true) => "no port, one port, or as many as the rule",
            (false, false) => "no port or one port",
        };
    }

    // A persistent service of many ports keeps them all. Where they change there is a service for each port, of which each chooses a client's server for itself: those that hash choose alike, if all they hash is alike.
    private static bool CheckStickyPorts(Rule rule, PortRange ruled, ServerGroup group, ErrorList errors, string path)
    {
        if (rule.Persistence is not { } persistence)
            return true;
        var mapped = group.Servers.Filter(server => server.Ports is { } ports && ports != ruled);
        if (mapped.Count == 0 || (rule.Ports is not null && HashesAlike(rule, group) && persistence.PrefixLength is null or 32 or 128))
            return true;
        var single = mapped[0].Ports is { Count: 1 };
        errors.Add(IlbErrorCode.PortMismatch, path,
            $"rule {Quote.Of(rule.Name)}: {PortText(rule)} cannot become {(single ? "the one port" : "the ports")} of server {First(mapped)} of server group {Quote.Of(group.Name)} for sticky clients"
            + (rule.Ports is null ? "" : single ? ", unless the algorithm is a hash of the client's whole address and each server has one port" : ", unless the algorithm is sh"));
        return false;
    }

    // mh hashes the port of a server too, so that must be the same whatever port the client came to; sh goes by the servers' order.
    private static bool HashesAlike(Rule rule, ServerGroup group) => !rule.HashPort && rule.Algorithm switch
    {
        Algorithm.SourceHashing => true,
        Algorithm.HashIp or Algorithm.HashIpVip or Algorithm.MaglevHashing => group.Servers.All(static server => server.Ports is { Count: 1 }),
        _ => false,
    };

    private static string PortText(Rule rule) => rule.FirewallMark?.ToString() ?? PortText(rule.Ports);

    private static string PortText(PortRange? ports) => ports is null ? "all ports" : ports.Count == 1 ? $"port {ports}" : $"ports {ports}";

    private static PortRange? Common(Rule rule, Rule other)
    {
        var (a, b) = (rule.Ports ?? PortRange.All, other.Ports ?? PortRange.All);
        var common = new PortRange(Math.Max(a.First, b.First), Math.Min(a.Last, b.Last));
        return common == PortRange.All ? null : common;
    }

    private static void CheckDefined<T>(Rule rule, T value, string path, ErrorList errors)
        where T : struct, Enum => errors.CheckDefined(value, $"rule {Quote.Of(rule.Name)}", path);
}
