namespace Ilb.Cli.Commands;

/// <summary>The names of subcommands. They are matched whole, without regard to case, by name or by one alias.</summary>
internal static class Verbs
{
    /// <summary>Names and aliases of those that this version has.</summary>
    private static readonly Dictionary<string, string> Present = new(StringComparer.OrdinalIgnoreCase)
    {
        ["create-rule"] = "create-rl",
        ["delete-rule"] = "delete-rl",
        ["enable-rule"] = "enable-rl",
        ["disable-rule"] = "disable-rl",
        ["show-rule"] = "show-rl",
        ["create-servergroup"] = "create-sg",
        ["delete-servergroup"] = "delete-sg",
        ["show-servergroup"] = "show-sg",
        ["add-server"] = "add-srv",
        ["remove-server"] = "remove-srv",
        ["enable-server"] = "enable-srv",
        ["disable-server"] = "disable-srv",
        ["show-server"] = "show-srv",
        ["export-config"] = "export-cf",
        ["import-config"] = "import-cf",
    };

    /// <summary>Those that are known but do not exist yet.</summary>
    private static readonly HashSet<string> Later = new(StringComparer.OrdinalIgnoreCase)
    {
        "create-healthcheck", "create-hc", "delete-healthcheck", "delete-hc", "show-healthcheck", "show-hc", "set-healthcheck", "set-hc", "show-hc-result", "show-hc-res",
        "show-statistics", "show-stats", "show-nat", "show-persist", "show-pt",
        "set-rule", "set-rl", "set-server", "set-srv", "show-status", "watch", "top", "doctor", "show-server-setup", "failover", "completion",
        "create-failovergroup", "create-fg", "delete-failovergroup", "delete-fg", "set-failovergroup", "set-fg",
        "enable-failovergroup", "enable-fg", "disable-failovergroup", "disable-fg", "show-failovergroup", "show-fg",
    };

    /// <summary>The full name of a subcommand, as the parser knows it.</summary>
    /// <exception cref="Refusal">There is none of that name, or it does not exist yet.</exception>
    public static string Resolve(string word)
    {
        foreach (var (name, alias) in Present)
        {
            if (string.Equals(word, name, StringComparison.OrdinalIgnoreCase) || string.Equals(word, alias, StringComparison.OrdinalIgnoreCase))
                return name;
        }

        if (Later.Contains(word))
            throw new Refusal(Refusal.NotSupported(word.ToLowerInvariant()));
        throw new Refusal($"unknown subcommand '{word}'{Suggestion.For(word, Present.Keys.Concat(Present.Values))}; 'ilbadm --help' lists them");
    }

    public static string AliasOf(string name) => Present[name];
}
