namespace Ilb.Cli.Commands;

/// <summary>The subcommands. They are matched whole, without regard to case, by name or by alias.</summary>
internal static class Verbs
{
    private const string Groups = "Server groups and servers";
    private const string Rules = "Rules";
    private const string Checks = "Health checks";
    private const string Events = "Events";
    private const string Whole = "The whole configuration";

    /// <summary>Those that this version has.</summary>
    public static readonly Verb[] All =
    [
        new()
        {
            Name = "create-servergroup", Alias = "create-sg", Title = Groups, Summary = "Create a server group", Make = ServerGroupCommands.Create,
            Examples =
            [
                "create-servergroup -s server=10.0.0.11:8080,10.0.0.12:8080 web",
                "create-servergroup -s server=[2001:db8::11]-[2001:db8::14] -s server=[2001:db8::20],weight=3 web6",
            ],
        },
        new() { Name = "delete-servergroup", Alias = "delete-sg", Title = Groups, Summary = "Delete server groups that no rule uses", Make = ServerGroupCommands.Delete, Examples = ["delete-servergroup web"] },
        new()
        {
            Name = "show-servergroup", Alias = "show-sg", Title = Groups, Summary = "Show server groups and their servers", Make = ServerGroupCommands.Show,
            Examples = ["show-servergroup", "show-servergroup -p -o serverid,ip_address web"],
        },
        new() { Name = "add-server", Alias = "add-srv", Title = Groups, Summary = "Add servers to a server group", Make = ServerCommands.Add, Examples = ["add-server -s server=10.0.0.15:8080,weight=2 web"] },
        new()
        {
            Name = "remove-server", Alias = "remove-srv", Title = Groups, Summary = "Remove servers from a server group", Make = ServerCommands.Remove,
            Examples = ["remove-server -s server=_web.0 web", "remove-server -s server=10.0.0.12:8080 web"],
        },
        new()
        {
            Name = "set-server", Alias = "set-srv", Title = Groups, Summary = "Change servers in place", Details = "Only what is given changes; an empty value such as max-conn= goes back to the default", Make = ServerCommands.Set,
            Examples = ["set-server -s weight=3 _web.0 _web.1", "set-server -s max-conn= -g web"],
        },
        new()
        {
            Name = "enable-server", Alias = "enable-srv", Title = Groups, Summary = "Let servers get new connections again, in every rule of their groups", Make = ServerCommands.Enable,
            Examples = ["enable-server _web.0", "enable-server -g web"],
        },
        new()
        {
            Name = "disable-server", Alias = "disable-srv", Title = Groups, Summary = "Keep new connections from servers, in every rule of their groups", Make = ServerCommands.Disable,
            Examples = ["disable-server _web.0 _web.1", "disable-server -g web"],
        },
        new() { Name = "show-server", Alias = "show-srv", Title = Groups, Summary = "Show the servers of rules", Make = ServerCommands.Show, Examples = ["show-server", "show-server --json web"] },
        new()
        {
            Name = "show-server-setup", Title = Groups, Summary = "Show what to run on real servers for the rules that they serve", Make = ServerSetupCommand.Show,
            Examples = ["show-server-setup _web.0", "show-server-setup _web.0 | ssh root@10.0.0.11 sh"],
        },
        new()
        {
            Name = "create-rule", Alias = "create-rl", Title = Rules, Summary = "Create a rule", Make = RuleCommands.Create,
            Examples =
            [
                "create-rule -e -i vip=192.0.2.1,port=80 -m type=HALF-NAT -o servergroup=web web",
                "create-rule -e -i vip=[2001:db8::1],port=domain,protocol=UDP -m lbalg=hash-ip,type=DSR -o servergroup=dns dns",
            ],
        },
        new()
        {
            Name = "set-rule", Alias = "set-rl", Title = Rules, Summary = "Change a rule in place", Details = "Only what is given changes; an empty value such as hc-name= goes back to the default", Make = RuleCommands.Set,
            Examples = ["set-rule -m lbalg=wlc web", "set-rule -i port=8080 -o servergroup=new web"],
        },
        new() { Name = "delete-rule", Alias = "delete-rl", Title = Rules, Summary = "Delete rules", Make = RuleCommands.Delete, Examples = ["delete-rule web", "delete-rule -a"] },
        new() { Name = "enable-rule", Alias = "enable-rl", Title = Rules, Summary = "Let rules forward", Make = RuleCommands.Enable, Examples = ["enable-rule web", "enable-rule"] },
        new() { Name = "disable-rule", Alias = "disable-rl", Title = Rules, Summary = "Stop rules from forwarding", Make = RuleCommands.Disable, Examples = ["disable-rule web"] },
        new()
        {
            Name = "show-rule", Alias = "show-rl", Title = Rules, Summary = "Show rules", Make = RuleCommands.Show,
            Examples = ["show-rule", "show-rule -f web", "show-rule -o rulename,status,kernel", "show-rule -p -o rulename,status"],
        },
        new()
        {
            Name = "create-healthcheck", Alias = "create-hc", Title = Checks, Summary = "Create a health check", Make = HealthCheckCommands.Create,
            Examples =
            [
                "create-healthcheck -h hc-test=TCP,hc-interval=10,hc-timeout=2 web",
                "create-healthcheck -h hc-test=HTTP,path=/health,host=www.example,status=200,204 web",
                "create-healthcheck -n -h hc-test=/usr/lib/ilb/probe web",
            ],
        },
        new()
        {
            Name = "set-healthcheck", Alias = "set-hc", Title = Checks, Summary = "Change a health check in place", Details = "Only what is given changes; an empty value such as hc-fast= goes back to the default", Make = HealthCheckCommands.Set,
            Examples = ["set-healthcheck -h hc-interval=1m web"],
        },
        new() { Name = "delete-healthcheck", Alias = "delete-hc", Title = Checks, Summary = "Delete health checks that no rule uses", Make = HealthCheckCommands.Delete, Examples = ["delete-healthcheck web"] },
        new() { Name = "show-healthcheck", Alias = "show-hc", Title = Checks, Summary = "Show health checks", Make = HealthCheckCommands.Show, Examples = ["show-healthcheck", "show-healthcheck --json web"] },
        new()
        {
            Name = "show-hc-result", Alias = "show-hc-res", Title = Checks, Summary = "Show what the health checks found of the servers of rules", Make = HealthResultCommand.Make,
            Details = "The daemon runs the checks, or a program that keeps the kernel; without either it shows what was found last, and says so",
            Examples = ["show-hc-result", "show-hc-result -o serverid,status,reason web", "show-hc-result --json"],
        },
        new()
        {
            Name = "doctor", Title = Rules, Summary = "Find what keeps traffic from rules, and say what to do", Make = DoctorCommand.Make,
            Details = "It changes nothing; exit status 0: nothing, or only notes; 4: warnings; 5: errors, traffic is hit",
            Examples = ["doctor", "doctor web", "doctor --json"],
        },
        new()
        {
            Name = "watch", Title = Events, Summary = "Show what happens, as it happens, until interrupted", Make = WatchCommand.Make,
            Details = "It needs the daemon, and goes on when the daemon is started anew",
            Examples = ["watch", "watch --json"],
        },
        new()
        {
            Name = "export-config", Alias = "export-cf", Title = Whole, Summary = "Write the subcommands that make the present configuration", Make = ExportCommand.Make,
            Examples = ["export-config /root/ilb.cf", "export-config --json"],
        },
        new()
        {
            Name = "import-config", Alias = "import-cf", Title = Whole, Summary = "Replace the configuration by what a file says, all or nothing", Make = ImportCommand.Make,
            Examples = ["import-config /root/ilb.cf", "import-config -p --dry-run more.cf", "import-config --from ipvsadm services"],
        },
    ];

    /// <summary>Those that are known but do not exist yet.</summary>
    private static readonly string[] Later =
    [
        "show-statistics", "show-stats", "show-nat", "show-persist", "show-pt",
        "show-status", "top", "failover", "completion",
        "create-failovergroup", "create-fg", "delete-failovergroup", "delete-fg", "set-failovergroup", "set-fg",
        "enable-failovergroup", "enable-fg", "disable-failovergroup", "disable-fg", "show-failovergroup", "show-fg",
    ];

    /// <summary>The subcommand of a name or alias.</summary>
    /// <exception cref="Refusal">There is none, or it does not exist yet.</exception>
    public static Verb Resolve(string word)
    {
        if (All.FirstOrDefault(verb => IsSame(word, verb.Name) || IsSame(word, verb.Alias)) is { } found)
            return found;
        if (Later.Contains(word, StringComparer.OrdinalIgnoreCase))
            throw new Refusal(Refusal.NotSupported(word.ToLowerInvariant()));
        throw new Refusal($"unknown subcommand {Quote.Of(word)}{Suggestion.For(word, All.SelectMany(static verb => new[] { verb.Name, verb.Alias }).OfType<string>())}; 'ilbadm --help' lists them");
    }

    private static bool IsSame(string word, string? name) => string.Equals(word, name, StringComparison.OrdinalIgnoreCase);
}
