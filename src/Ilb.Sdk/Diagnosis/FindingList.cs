namespace Ilb;

/// <summary>Gathers findings. What one cause does to many rules and servers is one finding.</summary>
internal sealed class FindingList
{
    private const int Named = 3;

    private readonly List<Finding> _findings = [];

    public void Add(FindingSeverity severity, FindingKind kind, IEnumerable<string> rules, string message, string? advice = null, IEnumerable<ServerId>? servers = null) => _findings.Add(new Finding
    {
        Severity = severity,
        Kind = kind,
        Rules = rules.Distinct().ToValueList(),
        Servers = (servers ?? []).Distinct().ToValueList(),
        Message = message,
        Advice = advice,
    });

    public bool Has(FindingKind kind) => _findings.Any(finding => finding.Kind == kind);

    /// <summary>The worst first; of those that are as bad, in the order in which they were found.</summary>
    public ValueList<Finding> ToValueList() => _findings.OrderByDescending(static finding => finding.Severity).ToValueList();

    /// <summary>Names in a sentence: <c>rule 'a'</c>, <c>rules 'a', 'b', 'c' and 5 more</c>.</summary>
    public static string OfRules(IEnumerable<string> rules) => Of("rule", [.. rules.Distinct().Select(static name => Quote.Of(name))]);

    /// <summary>Servers in a sentence: <c>server _web.0 (10.0.0.11)</c>.</summary>
    public static string OfServers(IEnumerable<(ServerId Id, Server Server)> servers) => Of("server", [.. servers.DistinctBy(static server => server.Id).Select(static server => $"{server.Id} ({server.Server.Address})")]);

    /// <summary>The first lines, and how many there are besides.</summary>
    public static string Lines(IReadOnlyCollection<string> commands) =>
        string.Join('\n', commands.Take(Named)) + (commands.Count > Named ? $"\n# and so for {commands.Count - Named} more" : "");

    private static string Of(string kind, string[] names) =>
        $"{kind}{(names.Length == 1 ? "" : "s")} {(names.Length > Named ? $"{string.Join(", ", names.Take(Named))} and {names.Length - Named} more" : names.Length <= 1 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} and {names[^1]}")}";
}
