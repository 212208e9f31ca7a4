using System.Text.Json;

namespace Ilb;

/// <summary>The packet filter of others as <c>nft -j list ruleset</c> tells it. What is not known is kept as it is: who evaluates it says that it could not be understood.</summary>
internal sealed class Ruleset
{
    private const string OurComment = "made by Ilb";

    private readonly Dictionary<(string Family, string Table, string Name), FilterChain> _chains = [];
    private readonly Dictionary<(string Family, string Table, string Name), JsonElement[]> _elements = [];
    private readonly HashSet<(string Family, string Table)> _ours = [];

    private Ruleset()
    {
    }

    public static Ruleset Empty { get; } = new();

    public IEnumerable<FilterChain> Chains => _chains.Values;

    /// <summary>Reads a list.</summary>
    /// <param name="json">What nft prints.</param>
    /// <param name="ours">The name of our own table, which is left out; so are those of other instances.</param>
    /// <exception cref="IlbException">It is no list of nft's.</exception>
    public static Ruleset Parse(string json, string ours)
    {
        var ruleset = new Ruleset();
        ruleset._ours.Add(("inet", ours));
        try
        {
            using var document = JsonDocument.Parse(json);
            // Sets after the chains and rules that speak of them, or before: the order means nothing.
            foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
            {
                foreach (var member in item.EnumerateObject())
                    ruleset.Note(member.Name, member.Value);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new IlbException(IlbErrorCode.ProtocolError, $"nftables lists what makes no sense: {e.Message}", e);
        }

        return ruleset;
    }

    public FilterChain? FindChain(FilterChain from, string name) => _chains.GetValueOrDefault((from.Family, from.Table, name));

    /// <summary>The elements of a set or map, or null if it is not known.</summary>
    public JsonElement[]? FindElements(FilterChain from, string name) => _elements.GetValueOrDefault((from.Family, from.Table, name));

    /// <summary>Whether the tool iptables writes a chain's table: then by it, for it does not read what nft adds there.</summary>
    public bool IsOfIptables(FilterChain chain) => chain is { Family: "ip" or "ip6", Table: "filter" or "nat" or "mangle" or "raw" or "security" }
        && _chains.Values.Any(other => other.Hook is { } hook && (other.Family, other.Table) == (chain.Family, chain.Table) && string.Equals(other.Name, hook.ToUpperInvariant(), StringComparison.Ordinal));

    /// <summary>The chains that packets of a family meet at a hook, in order.</summary>
    public IEnumerable<FilterChain> At(string hook, bool isV6) => _chains.Values
        .Where(chain => chain.Hook == hook && (chain.Family is "inet" or "netdev" || chain.Family == (isV6 ? "ip6" : "ip")))
        .OrderBy(static chain => chain.Priority);

    private void Note(string kind, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || Text(value, "family") is not { } family)
            return;
        if (kind == "table")
        {
            if (Text(value, "comment")?.StartsWith(OurComment, StringComparison.Ordinal) == true)
                _ours.Add((family, Text(value, "name")!));
            return;
        }

        if (Text(value, "table") is not { } table || _ours.Contains((family, table)))
            return;
        switch (kind)
        {
            case "chain":
                var chain = new FilterChain
                {
                    Family = family,
                    Table = table,
                    Name = Text(value, "name")!,
                    Type = Text(value, "type"),
                    Hook = Text(value, "hook"),
                    Priority = value.TryGetProperty("prio", out var priority) && priority.TryGetInt32(out var number) ? number : 0,
                    IsDropping = Text(value, "policy") == "drop",
                    Device = value.TryGetProperty("dev", out var device) ? device.ToString() : null,
                };
                _chains[(family, table, chain.Name)] = chain;
                break;
            case "rule":
                if (_chains.TryGetValue((family, table, Text(value, "chain")!), out var owner))
                    owner.Rules.Add(new FilterRule(value.TryGetProperty("handle", out var handle) ? handle.GetInt64() : 0, [.. value.GetProperty("expr").EnumerateArray().Select(static statement => statement.Clone())]));
                break;
            case "set" or "map":
                _elements[(family, table, Text(value, "name")!)] = value.TryGetProperty("elem", out var elements) ? [.. elements.EnumerateArray().Select(static element => element.Clone())] : [];
                break;
        }
    }

    private static string? Text(JsonElement value, string member) => value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
