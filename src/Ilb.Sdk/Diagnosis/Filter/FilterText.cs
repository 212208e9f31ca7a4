using System.Text.Json;

namespace Ilb;

/// <summary>Conditions in nft's language, from its JSON. What is not known stands there as JSON.</summary>
internal static class FilterText
{
    private const int MaximumLength = 80;
    private const int MaximumRuleLength = 160;

    /// <summary>A statement that decides whether a rule goes on.</summary>
    public static string Of(string kind, JsonElement value)
    {
        var text = kind switch
        {
            "match" => $"{Expression(value.GetProperty("left"))} {Operator(value)}{Expression(value.GetProperty("right"))}",
            "limit" => $"limit rate {(IsInverse(value) ? "over " : "")}{Member(value, "rate")}/{Member(value, "per")}",
            "ct count" => $"ct count {(IsInverse(value) ? "over " : "")}{Member(value, "val")}",
            "quota" => $"quota {(IsInverse(value) ? "over " : "")}{Member(value, "val")} {Member(value, "val_unit")}",
            "set" => $"{Member(value, "op")} {Member(value, "set")}",
            "xt" => $"{(Member(value, "type") is { Length: > 0 } type ? type : "extension")} {Member(value, "name")} of iptables".Replace("  ", " ", StringComparison.Ordinal),
            _ => $"{kind} {(value.ValueKind == JsonValueKind.Null ? "" : value.GetRawText())}".TrimEnd(),
        };
        text = string.Concat(text.Select(static c => c is >= ' ' and <= '~' ? c : '?'));
        return text.Length > MaximumLength ? $"{text[..MaximumLength]}…" : text;
    }

    /// <summary>A whole rule.</summary>
    public static string OfRule(FilterRule rule)
    {
        var text = string.Join(' ', rule.Statements.Where(static statement => statement.ValueKind == JsonValueKind.Object).Select(static statement => statement.EnumerateObject().First()).Select(static member => member.Name switch
        {
            "counter" or "log" or "reject" or "masquerade" => member.Name,
            "jump" or "goto" => $"{member.Name} {Member(member.Value, "target")}",
            "dnat" or "snat" or "redirect" or "tproxy" => $"{member.Name} to {Member(member.Value, "addr")}{(Member(member.Value, "port") is { Length: > 0 } port ? $":{port}" : "")}",
            "mangle" => $"{Expression(member.Value.GetProperty("key"))} set {Expression(member.Value.GetProperty("value"))}",
            "vmap" => $"{Expression(member.Value.GetProperty("key"))} vmap …",
            "flow" => $"flow add {Member(member.Value, "flowtable")}",
            _ => Of(member.Name, member.Value),
        }));
        return text.Length > MaximumRuleLength ? $"{text[..MaximumRuleLength]}…" : text;
    }

    public static string Expression(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                return string.Join(',', value.EnumerateArray().Select(Expression));
            case JsonValueKind.True:
                return "exists";
            case JsonValueKind.False:
                return "missing";
            case not JsonValueKind.Object:
                return value.ToString();
        }

        var member = value.EnumerateObject().FirstOrDefault();
        var inner = member.Value;
        return member.Name switch
        {
            "payload" when inner.TryGetProperty("field", out var field) => $"{Member(inner, "protocol")} {field}",
            "meta" => Member(inner, "key") is "l4proto" or "nfproto" or "mark" or "pkttype" or "protocol" ? $"meta {Member(inner, "key")}" : Member(inner, "key"),
            "ct" => $"ct {(Member(inner, "dir") is { Length: > 0 } direction ? $"{direction} " : "")}{Member(inner, "key")}",
            "fib" => $"fib {string.Join(" . ", inner.TryGetProperty("flags", out var flags) && flags.ValueKind == JsonValueKind.Array ? flags.EnumerateArray().Select(static flag => flag.ToString()) : [])} {Member(inner, "result")}",
            "set" => inner.ValueKind == JsonValueKind.Array ? $"{{ {string.Join(", ", inner.EnumerateArray().Select(Expression))} }}" : Expression(inner),
            "range" => string.Join('-', inner.EnumerateArray().Select(Expression)),
            "prefix" => $"{Expression(inner.GetProperty("addr"))}/{Member(inner, "len")}",
            "concat" => string.Join(" . ", inner.EnumerateArray().Select(Expression)),
            "elem" => Expression(inner.GetProperty("val")),
            "&" or "|" or "^" or "<<" or ">>" => string.Join($" {member.Name} ", inner.EnumerateArray().Select(Expression)),
            _ => value.GetRawText(),
        };
    }

    private static string Operator(JsonElement match) => Member(match, "op") is var text && text is "==" or "in" ? "" : $"{text} ";

    private static bool IsInverse(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("inv", out var inverse) && inverse.ValueKind == JsonValueKind.True;

    private static string Member(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member.ToString() : "";
}
