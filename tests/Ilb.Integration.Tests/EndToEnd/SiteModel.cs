namespace Ilb.Integration.Tests.EndToEnd;

/// <summary>
/// What <c>ilbadm</c> is said to do, written down from its manual without a word of ours: it makes up commands, says of each whether it is refused, and what must be there afterwards.
/// </summary>
internal sealed class SiteModel(Random random)
{
    // As the manual lists them: what the user writes, what is shown, what the kernel gets.
    private static readonly (string Word, string Shown, string Kernel)[] Algorithms =
    [
        ("rr", "roundrobin", "wrr"), ("roundrobin", "roundrobin", "wrr"), ("hip", "hash-ip", "mh -b mh-fallback"), ("hash-ip-port", "hash-ip-port", "mh -b mh-fallback,mh-port"),
        ("hipv", "hash-ip-vip", "mh -b mh-fallback"), .. "wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos".Split(' ').Select(static word => (word, word, word)),
    ];

    private static readonly (string Word, string Shown, string Kernel)[] Topologies =
        [("h", "HALF-NAT", "-m"), ("HALF-NAT", "HALF-NAT", "-m"), ("DSR", "DSR", "-g"), ("d", "DSR", "-g"), ("TUN", "TUN", "-i"), ("t", "TUN", "-i")];

    private static readonly (string Word, string Kernel)[] Protocols = [("TCP", "-t"), ("UDP", "-u"), ("SCTP", "--sctp-service")];

    private readonly List<Group> _groups = [];
    private readonly List<Rule> _rules = [];

    /// <summary>The services of somebody else, as <c>ipvsadm -R</c> takes them and <c>ipvsadm -Sn</c> prints them.</summary>
    public static IReadOnlyList<string> Foreign { get; } =
    [
        "-A -t 192.0.2.2:81 -s sh -p 300 -b sh-port", "-a -t 192.0.2.2:81 -r 10.0.0.1:81 -g -w 5", "-A -f 7 -s lc", "-a -f 7 -r 10.0.0.2:0 -m -w 3", "-A -u [2001:db8::2]:80 -s rr",
        "-a -u [2001:db8::2]:80 -r [2001:db8:1::1]:80 -m -w 1",
    ];

    /// <summary>The lines of <c>ipvsadm -Sn</c>.</summary>
    public IEnumerable<string> Kernel => Foreign.Concat(_rules.Where(static rule => rule.Enabled).SelectMany(rule =>
        Forwarded(rule).Select(server => $"-a {rule.Service} -r {server.Endpoint(rule)} {rule.Topology.Kernel} -w {(server.Enabled ? server.Weight : 0)}{(rule.Topology.Kernel == "-i" ? " --tun-type ipip" : "")}")
            .Prepend($"-A {rule.Service} -s {rule.Algorithm.Kernel}")));

    /// <summary>Upper and lower limits of connections, as <c>ipvsadm -Ln --thresholds</c> has them.</summary>
    public IEnumerable<string> Limits => Foreign.Where(static line => line[1] == 'a').Select(static line => $"{line.Split(" -r ")[1].Split(' ')[0]} 0 0")
        .Concat(_rules.Where(static rule => rule.Enabled).SelectMany(rule => Forwarded(rule).Select(server => $"{server.Endpoint(rule)} {server.Most ?? 0} {server.Least ?? 0}")));

    // Nothing of UDP has an end that could be waited for.
    private IEnumerable<Server> Forwarded(Rule rule) => Servers(rule).Where(server => server.Enabled || rule.Protocol.Word != "UDP");

    /// <summary>Rows of <c>show-rule -p -o rulename,status,lbalg,type,protocol,vip,port,servergroup</c>.</summary>
    public IEnumerable<string> RuleRows => _rules.Select(static rule =>
        Row(rule.Name, rule.Enabled ? "E" : "D", rule.Algorithm.Shown, rule.Topology.Shown, rule.Protocol.Word, rule.Vip, $"{rule.Port}", rule.Group));

    /// <summary>Rows of <c>show-server -p -o serverid,address,port,rulename,status,servergroup</c>.</summary>
    public IEnumerable<string> ServerRows => _rules.SelectMany(rule => Servers(rule).Select(server =>
        Row(server.Id(rule.Group), server.Address, $"{server.Port ?? rule.Port}", rule.Name, server.Enabled ? "E" : "D", rule.Group)));

    /// <summary>Rows of <c>show-servergroup -p -o sgname,serverid,minport,maxport,ip_address,status,weight,max-conn,min-conn</c>.</summary>
    public IEnumerable<string> GroupRows => _groups.SelectMany(static group => group.Servers.Count == 0
        ? [Row(group.Name, "", "", "", "", "", "", "", "")]
        : group.Servers.Select(server => Row(group.Name, server.Id(group.Name), $"{server.Port}", $"{server.Port}", server.Address, server.Enabled ? "E" : "D", $"{server.Weight}", $"{server.Most}", $"{server.Least}")));

    /// <summary>The next command, and whether it is accepted; then the model has changed.</summary>
    public (string Line, bool Accepted) Next() => random.Next(24) switch
    {
        < 3 => CreateGroup(),
        < 4 => DeleteGroup(),
        < 7 => AddServers(),
        < 9 => RemoveServer(),
        < 12 => SwitchServers(random.Next(2) == 0),
        < 16 => CreateRule(),
        < 17 => DeleteRules(),
        < 19 => SetServers(),
        < 21 => SetRule(),
        _ => SwitchRules(random.Next(3) > 0),
    };

    private (string, bool) CreateGroup()
    {
        var group = new Group(GroupName(isNew: true));
        var (text, servers) = random.Next(5) == 0 ? ("", []) : Specs(random.Next(2) == 0);
        var accepted = Find(group.Name) is null && Add(group, servers);
        if (accepted)
            _groups.Add(group);
        return ($"{Either("create-servergroup", "create-sg")} {text}{group.Name}", accepted);
    }

    private (string, bool) DeleteGroup()
    {
        var name = GroupName();
        var accepted = Find(name) is { } group && _rules.TrueForAll(rule => rule.Group != name) && _groups.Remove(group);
        return ($"{Either("delete-servergroup", "delete-sg")} {name}", accepted);
    }

    private (string, bool) AddServers()
    {
        var name = GroupName();
        var group = Find(name);
        var (text, servers) = Specs(group?.Servers is [var first, ..] && random.Next(8) > 0 ? first.IsV6 : random.Next(2) == 0);
        return ($"{Either("add-server", "add-srv")} {text}{name}", group is not null && Add(group, servers));
    }

    private (string, bool) RemoveServer()
    {
        var name = GroupName();
        var group = Find(name);
        if (random.Next(2) == 0)
        {
            var number = Number(name);
            return ($"{Either("remove-server", "remove-srv")} -s server=_{name}.{number} {name}", group is not null && group.Servers.RemoveAll(server => server.Number == number) > 0);
        }

        // An address that several servers have is refused.
        var address = Address(random.Next(2) == 0);
        var found = group?.Servers.FindAll(server => server.Address == address);
        return ($"remove-server -s server={Bracketed(address)} {name}", found?.Count == 1 && group!.Servers.Remove(found[0]));
    }

    private (string, bool) SwitchServers(bool enabled)
    {
        if (Find(GroupName()) is { Servers.Count: > 0 } whole && random.Next(4) == 0)
        {
            whole.Servers.ForEach(server => server.Enabled = enabled);
            return ($"{(enabled ? "enable-server" : "disable-server")} -g {whole.Name}", true);
        }

        var ids = Enumerable.Range(0, random.Next(1, 4)).Select(_ => GroupName()).Select(name => (Group: name, Number: Number(name))).ToArray();
        var found = ids.Select(id => Find(id.Group)?.Servers.Find(server => server.Number == id.Number)).ToArray();
        var accepted = found.All(static server => server is not null);
        foreach (var server in accepted ? found : [])
            server!.Enabled = enabled;
        return ($"{(enabled ? Either("enable-server", "enable-srv") : Either("disable-server", "disable-srv"))} {string.Join(' ', ids.Select(static id => $"_{id.Group}.{id.Number}"))}", accepted);
    }

    private (string, bool) SetServers()
    {
        var name = GroupName();
        var isWhole = Find(name)?.Servers.Count > 0 && random.Next(2) == 0;
        var number = Number(name);
        var chosen = Find(name)?.Servers.FindAll(server => isWhole || server.Number == number) ?? [];
        var weight = random.Next(10);
        int? most = random.Next(3) == 0 ? random.Next(10, 1000) : null;
        int? least = random.Next(3) == 0 ? random.Next(1, 100) : null;
        var accepted = chosen.Count > 0 && chosen.TrueForAll(server => (least ?? server.Least ?? 0) <= (most ?? server.Most ?? 0));
        foreach (var server in accepted ? chosen : [])
            (server.Weight, server.Most, server.Least) = (weight, most ?? server.Most, least ?? server.Least);
        var line = $"{Either("set-server", "set-srv")} -s weight={weight}{(most is null ? "" : $",max-conn={most}")}{(least is null ? "" : $",min-conn={least}")} {(isWhole ? $"-g {name}" : $"_{name}.{number}")}";
        return (line, accepted);
    }

    private (string, bool) SetRule()
    {
        var name = RuleName();
        var old = _rules.Find(rule => rule.Name == name);
        var (port, algorithm, topology, group) = (random.Next(80, 82), Algorithms[random.Next(Algorithms.Length)], Topologies[random.Next(Topologies.Length)], GroupName());
        var (line, rule) = random.Next(4) switch
        {
            0 => ($"-i port={port}", old is null ? null : old with { Port = port }),
            1 => ($"-m lbalg={algorithm.Word}", old is null ? null : old with { Algorithm = algorithm }),
            2 => ($"-m type={topology.Word}", old is null ? null : old with { Topology = topology }),
            _ => ($"-o sg={group}", old is null ? null : old with { Group = group }),
        };
        var accepted = rule is not null && _rules.TrueForAll(other => other == old || other.Service != rule.Service) && IsPossible(rule);
        if (accepted)
            _rules[_rules.IndexOf(old!)] = rule!;
        return ($"{Either("set-rule", "set-rl")} {line} {name}", accepted);
    }

    private bool IsPossible(Rule rule) => Find(rule.Group) is { Servers: [var first, ..] servers } && first.IsV6 == IsV6(rule.Vip) && servers.TrueForAll(server => Fits(rule, server)) && !(rule.Enabled && IsForeign(rule));

    private (string, bool) CreateRule()
    {
        var isV6 = random.Next(2) == 0;
        var rule = new Rule
        {
            Name = RuleName(isNew: true),
            Enabled = random.Next(3) > 0,
            Vip = isV6 ? $"2001:db8::{random.Next(1, 3)}" : $"192.0.2.{random.Next(1, 3)}",
            Port = random.Next(80, 82),
            Protocol = Protocols[random.Next(3)],
            Algorithm = Algorithms[random.Next(Algorithms.Length)],
            Topology = Topologies[random.Next(Topologies.Length)],
            Group = _groups.Find(group => group.Servers is [var first, ..] && first.IsV6 == isV6 && random.Next(4) > 0)?.Name ?? GroupName(),
        };
        var accepted = _rules.TrueForAll(other => other.Name != rule.Name && other.Service != rule.Service) && IsPossible(rule);
        if (accepted)
            _rules.Add(rule);
        var vip = random.Next(2) == 0 ? Bracketed(rule.Vip) : rule.Vip;
        var line = $"{Either("create-rule", "create-rl")} {(rule.Enabled ? "-e " : "")}-i vip={vip},port={rule.Port},{Either("protocol", "prot")}={rule.Protocol.Word} "
            + $"-m lbalg={rule.Algorithm.Word},{Either("type", "topo")}={rule.Topology.Word} -o {Either("servergroup", "sg")}={rule.Group} {rule.Name}";
        return (line, accepted);
    }

    private (string, bool) DeleteRules()
    {
        if (random.Next(10) == 0)
        {
            _rules.Clear();
            return ("delete-rule -a", true);
        }

        var names = RuleNames();
        var accepted = names.All(name => _rules.Exists(rule => rule.Name == name));
        if (accepted)
            _rules.RemoveAll(rule => names.Contains(rule.Name));
        return ($"{Either("delete-rule", "delete-rl")} {string.Join(' ', names)}", accepted);
    }

    private (string, bool) SwitchRules(bool enabled)
    {
        var names = random.Next(6) == 0 ? [] : RuleNames();
        var chosen = names.Length == 0 ? _rules : _rules.FindAll(rule => names.Contains(rule.Name));
        var accepted = names.All(name => chosen.Exists(rule => rule.Name == name)) && !(enabled && chosen.Exists(IsForeign));
        foreach (var rule in accepted ? chosen : [])
            rule.Enabled = enabled;
        return ($"{(enabled ? Either("enable-rule", "enable-rl") : Either("disable-rule", "disable-rl"))} {string.Join(' ', names)}".TrimEnd(), accepted);
    }

    // Servers of one -s share its numbers.
    private (string Text, Server[] Servers) Specs(bool isV6)
    {
        var text = "";
        var servers = new List<Server>();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            int? weight = random.Next(3) == 0 ? random.Next(4) switch { 0 => 0, 1 => 65535, _ => random.Next(1, 10) } : null;
            int? most = random.Next(4) == 0 ? random.Next(10, 1000) : null;
            int? least = most is not null && random.Next(2) == 0 ? random.Next(1, most.Value) : null;
            var own = Enumerable.Range(0, random.Next(1, 3)).Select(_ => new Server
            {
                Address = Address(isV6),
                Port = random.Next(8) switch { 0 => 80, 1 => 8080, _ => null },
                Weight = weight ?? 1,
                Most = most,
                Least = least,
            }).ToArray();
            servers.AddRange(own);
            text += $"-s server={string.Join(',', own.Select(static server => Bracketed(server.Address) + (server.Port is { } port ? $":{port}" : "")))}{Number("weight", weight)}{Number("max-conn", most)}{Number("min-conn", least)} ";
        }

        return (text, [.. servers]);

        static string Number(string key, int? value) => value is null ? "" : $",{key}={value}";
    }

    // All or none.
    private bool Add(Group group, Server[] servers)
    {
        var together = group.Servers.Concat(servers).ToList();
        for (var i = 0; i < together.Count; i++)
        {
            var server = together[i];
            if (server.IsV6 != together[0].IsV6 || together.Take(i).Any(other => other.Address == server.Address && (other.Port is null || server.Port is null || other.Port == server.Port)))
                return false;
        }

        if (_rules.Where(rule => rule.Group == group.Name).Any(rule => servers.Any(server => server.IsV6 != IsV6(rule.Vip) || !Fits(rule, server))))
            return false;
        foreach (var server in servers)
            server.Number = group.Given++;
        group.Servers.AddRange(servers);
        return true;
    }

    // With DSR and TUN the packet's port stays.
    private static bool Fits(Rule rule, Server server) => rule.Topology.Kernel == "-m" || server.Port is null || server.Port == rule.Port;

    private static bool IsForeign(Rule rule) => Foreign.Any(line => line.StartsWith($"-A {rule.Service} ", StringComparison.Ordinal));

    private Group? Find(string name) => _groups.Find(group => group.Name == name);

    private List<Server> Servers(Rule rule) => Find(rule.Group)!.Servers;

    // Mostly what makes sense: sequences of refusals would lead nowhere.
    private string GroupName(bool isNew = false) => Name('g', 5, isNew, name => Find(name) is not null);

    private string RuleName(bool isNew = false) => Name('r', 8, isNew, name => _rules.Exists(rule => rule.Name == name));

    private string Name(char kind, int count, bool isNew, Predicate<string> exists)
    {
        var start = random.Next(count);
        var names = Enumerable.Range(0, count).Select(place => $"{kind}{(start + place) % count}");
        return (random.Next(8) == 0 ? null : names.FirstOrDefault(name => exists(name) != isNew)) ?? $"{kind}{start}";
    }

    private int Number(string group) => Find(group)?.Servers is { Count: > 0 } servers && random.Next(8) > 0 ? servers[random.Next(servers.Count)].Number : random.Next(20);

    private string[] RuleNames() => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RuleName()).Distinct()];

    private string Address(bool isV6) => isV6 ? $"2001:db8:1::{random.Next(1, 6)}" : $"10.0.0.{random.Next(1, 6)}";

    private string Either(string one, string other) => random.Next(3) > 0 ? one : other;

    private static bool IsV6(string address) => address.Contains(':', StringComparison.Ordinal);

    private static string Bracketed(string address) => IsV6(address) ? $"[{address}]" : address;

    private static string Row(params string[] cells) => string.Join(':', cells.Select(static cell => cell.Replace(":", "\\:", StringComparison.Ordinal)));

    private sealed class Group(string name)
    {
        public string Name => name;

        public List<Server> Servers { get; } = [];

        public int Given { get; set; }
    }

    private sealed class Server
    {
        public int Number { get; set; }

        public required string Address { get; init; }

        public required int? Port { get; init; }

        public required int Weight { get; set; }

        public required int? Most { get; set; }

        public required int? Least { get; set; }

        public bool Enabled { get; set; } = true;

        public bool IsV6 => IsV6(Address);

        public string Id(string group) => $"_{group}.{Number}";

        public string Endpoint(Rule rule) => $"{Bracketed(Address)}:{Port ?? rule.Port}";
    }

    private sealed record Rule
    {
        public required string Name { get; init; }

        public required bool Enabled { get; set; }

        public required string Vip { get; init; }

        public required int Port { get; init; }

        public required (string Word, string Kernel) Protocol { get; init; }

        public required (string Word, string Shown, string Kernel) Algorithm { get; init; }

        public required (string Word, string Shown, string Kernel) Topology { get; init; }

        public required string Group { get; init; }

        public string Service => $"{Protocol.Kernel} {Bracketed(Vip)}:{Port}";
    }
}
