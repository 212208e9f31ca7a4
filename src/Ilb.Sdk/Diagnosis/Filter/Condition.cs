using System.Net;
using System.Text.Json;

namespace Ilb;

/// <summary>Whether a condition of the packet filter holds for a packet. Pure. What cannot be told is <see cref="Truth.Maybe"/>.</summary>
internal sealed class Condition(Ruleset ruleset, FilterChain chain, FilterPacket packet)
{
    private static readonly string[] FlagNames = ["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"];

    /// <summary>The statement <c>match</c>.</summary>
    public Truth Match(JsonElement match)
    {
        // What another protocol has is not looked at: nft asks for the protocol first.
        if (!TryRead(match.GetProperty("left"), out var value))
            return Truth.No;
        var right = match.GetProperty("right");
        return match.GetProperty("op").GetString() switch
        {
            // Any of these bits.
            "in" when value is Operand.Number bits && Mask(right) is { } mask => bits.IsOne ? Compare((bits.First & mask) != 0, (bits.First & mask) == 0) : Truth.Maybe,
            "!" when value is Operand.Number bits && Mask(right) is { } mask => bits.IsOne ? Compare((bits.First & mask) == 0, (bits.First & mask) != 0) : Truth.Maybe,
            "==" or "in" => IsIn(value, right),
            "!=" => Not(IsIn(value, right)),
            "<" => IsIn(value, right, static (number, bound) => Compare(number.Last < bound, number.First >= bound)),
            "<=" => IsIn(value, right, static (number, bound) => Compare(number.Last <= bound, number.First > bound)),
            ">" => IsIn(value, right, static (number, bound) => Compare(number.First > bound, number.Last <= bound)),
            ">=" => IsIn(value, right, static (number, bound) => Compare(number.First >= bound, number.Last < bound)),
            _ => Truth.Maybe,
        };
    }

    /// <summary>Whether a key of a map is that of the packet.</summary>
    public Truth IsKey(JsonElement expression, JsonElement key) => TryRead(expression, out var value) ? IsIn(value, key) : Truth.No;

    /// <summary>What becomes of the packet's mark; null if it cannot be told.</summary>
    public uint? MarkOf(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return value.TryGetUInt32(out var number) ? number : null;
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().FirstOrDefault() is not { Value.ValueKind: not JsonValueKind.Undefined } member)
            return null;
        if (member.Name == "meta")
            return member.Value.GetProperty("key").GetString() == "mark" ? packet.Mark : null;
        if (member.Name is not ("&" or "|" or "^") || member.Value.ValueKind != JsonValueKind.Array)
            return null;
        return member.Value.EnumerateArray().Select(MarkOf).Aggregate((one, other) => member.Name switch { "&" => one & other, "|" => one | other, _ => one ^ other });
    }

    /// <summary>Whether a condition is about who the client is, or how much comes, rather than about where packets go.</summary>
    public static bool IsAboutClient(string kind, JsonElement value, bool isReply) => kind switch
    {
        "limit" or "ct count" or "quota" or "set" or "meter" => true,
        "match" => FilterText.Expression(value.GetProperty("left")) is var left && (left.Contains(isReply ? "daddr" : "saddr", StringComparison.Ordinal) || left.Contains(isReply ? "dport" : "sport", StringComparison.Ordinal)
            || left is "hour" or "time" or "day"),
        _ => false,
    };

    /// <summary>Whether a condition is about where packets of a rule go to, or replies come from.</summary>
    public static bool IsAboutPlace(JsonElement match, bool isReply) =>
        FilterText.Expression(match.GetProperty("left")) is var left && (left.Contains(isReply ? "saddr" : "daddr", StringComparison.Ordinal) || left.Contains(isReply ? "sport" : "dport", StringComparison.Ordinal));

    // False if the packet has no such thing, so that the rule does not go on.
    private bool TryRead(JsonElement expression, out Operand? value)
    {
        value = null;
        if (expression.ValueKind != JsonValueKind.Object)
            return true;
        var member = expression.EnumerateObject().First();
        switch (member.Name)
        {
            case "payload":
                return TryReadPayload(member.Value, out value);
            case "meta":
                value = Meta(member.Value.GetProperty("key").GetString());
                return true;
            case "ct":
                return TryReadConnection(member.Value, out value);
            case "fib":
                value = Text(member.Value, "result") == "type" && member.Value.TryGetProperty("flags", out var flags) && flags.ValueKind == JsonValueKind.Array && flags.GetArrayLength() == 1 && flags[0].GetString() == "daddr" && packet.DestinationKind is { } kind
                    ? Operand.Of(kind)
                    : null;
                return true;
            case "&":
                if (!TryRead(member.Value[0], out var inner))
                    return false;
                value = inner is Operand.Number { IsOne: true } number && Mask(member.Value[1]) is { } mask ? Operand.Of(number.First & mask) : null;
                return true;
            case "concat":
                var parts = new List<Operand?>();
                foreach (var part in member.Value.EnumerateArray())
                {
                    if (!TryRead(part, out var one))
                        return false;
                    parts.Add(one);
                }

                value = new Operand.Several(parts);
                return true;
            default:
                return true;
        }
    }

    private bool TryReadPayload(JsonElement payload, out Operand? value)
    {
        value = null;
        var (protocol, field) = (Text(payload, "protocol"), Text(payload, "field"));
        switch (protocol)
        {
            case null or "ether" or "vlan":
                return true;
            case "ip" or "ip6":
                if (packet.IsV6 != (protocol == "ip6"))
                    return false;
                value = field switch { "saddr" => packet.Source, "daddr" => packet.Destination, "protocol" or "nexthdr" => packet.ProtocolWord, _ => null };
                return true;
            default:
                if (protocol != packet.Protocol && (protocol != "th" || packet.Protocol is not ("tcp" or "udp" or "sctp")))
                    return false;
                value = field switch { "sport" => packet.SourcePort, "dport" => packet.DestinationPort, "flags" when packet.Protocol == "tcp" => Operand.Of((UInt128)packet.Flags), _ => null };
                return true;
        }
    }

    private Operand? Meta(string? key) => key switch
    {
        "l4proto" => packet.ProtocolWord,
        "nfproto" => Operand.Of(packet.IsV6 ? "ipv6" : "ipv4"),
        "protocol" => Operand.Of(packet.IsV6 ? "ip6" : "ip"),
        "mark" => packet.Mark is { } mark ? Operand.Of(mark) : null,
        "iif" or "iifname" => packet.Input,
        "oif" or "oifname" => packet.Output,
        "pkttype" => packet.Input is Operand.Word { Text: "" } ? null : Operand.Of("host"),
        _ => null,
    };

    private bool TryReadConnection(JsonElement connection, out Operand? value)
    {
        var key = Text(connection, "key");
        value = null;
        if (key == "state")
        {
            value = packet.State is { } state ? Operand.Of(state) : null;
            return true;
        }

        if (packet.State is null)
            return true;
        // Of what is not tracked there is nothing to look at.
        if (!packet.IsTracked)
            return false;
        value = key switch
        {
            "direction" => Operand.Of(packet is { IsReply: true, State: "established" } ? "reply" : "original"),
            // IPVS translates by itself; neither mark of connection tracking is set by that.
            "status" => Operand.Of("confirmed"),
            "ip daddr" or "ip6 daddr" or "daddr" when Text(connection, "dir") == "original" => packet.Asked,
            "proto-dst" when Text(connection, "dir") == "original" => packet.AskedPort,
            _ => null,
        };
        return true;
    }

    private Truth IsIn(Operand? value, JsonElement right)
    {
        switch (right.ValueKind)
        {
            case JsonValueKind.String when right.GetString() is ['@', .. var name]:
                return ruleset.FindElements(chain, name) is { } elements ? Any(elements.Select(element => IsIn(value, KeyOf(element)))) : Truth.Maybe;
            case JsonValueKind.String when right.GetString() == "*":
                return Truth.Yes;
            case JsonValueKind.Array when value is Operand.Number { IsOne: true } flags && Mask(right) is { } mask:
                return flags.First == mask ? Truth.Yes : Truth.No;
            case JsonValueKind.Array:
                return Any(right.EnumerateArray().Select(element => IsIn(value, element)));
            case JsonValueKind.Object:
                return IsInObject(value, right);
            case JsonValueKind.Number when value is Operand.Word { Code: { } code }:
                return NumberOf(right) == code ? Truth.Yes : Truth.No;
            case JsonValueKind.String when value is Operand.Word word:
                return IsWord(word.Text, right.GetString()!) ? Truth.Yes : Truth.No;
            case JsonValueKind.String when value is Operand.Other other && other.Text == right.GetString():
                return Truth.No;
            default:
                return IsIn(value, right, static (number, wanted) => number.IsOne ? Compare(number.First == wanted, number.First != wanted) : Compare(false, wanted < number.First || wanted > number.Last));
        }
    }

    private Truth IsInObject(Operand? value, JsonElement right)
    {
        var member = right.EnumerateObject().First();
        var inner = member.Value;
        switch (member.Name)
        {
            case "set":
                return inner.ValueKind == JsonValueKind.Array ? Any(inner.EnumerateArray().Select(element => IsIn(value, element))) : IsIn(value, inner);
            case "elem":
                return IsIn(value, inner.GetProperty("val"));
            case "range" when value is Operand.Number number && NumberOf(inner[0]) is { } first && NumberOf(inner[1]) is { } last:
                return Compare(number.First >= first && number.Last <= last, number.Last < first || number.First > last);
            case "prefix" when value is Operand.Number number && NumberOf(inner.GetProperty("addr")) is { } start && inner.GetProperty("len").TryGetInt32(out var length):
                var rest = (packet.IsV6 && inner.GetProperty("addr").ValueKind == JsonValueKind.String ? 128 : 32) - length;
                var end = rest >= 128 ? UInt128.MaxValue : start | ((UInt128.One << rest) - 1);
                return Compare(number.First >= start && number.Last <= end, number.Last < start || number.First > end);
            case "concat" when value is Operand.Several several && inner.GetArrayLength() == several.Parts.Count:
                return several.Parts.Select((part, place) => IsIn(part, inner[place])).Min();
            default:
                return Mask(right) is not null ? IsIn(value, right, static (number, wanted) => number.IsOne ? Compare(number.First == wanted, number.First != wanted) : Truth.Maybe) : Truth.Maybe;
        }
    }

    private static Truth IsIn(Operand? value, JsonElement right, Func<Operand.Number, UInt128, Truth> compare) =>
        value is Operand.Number number && (NumberOf(right) ?? Mask(right)) is { } wanted ? compare(number, wanted) : Truth.Maybe;

    private static JsonElement KeyOf(JsonElement element) => element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2 ? element[0] : element;

    private static Truth Any(IEnumerable<Truth> truths)
    {
        var result = Truth.No;
        foreach (var truth in truths)
        {
            if (truth == Truth.Yes)
                return truth;
            if (truth > result)
                result = truth;
        }

        return result;
    }

    private static Truth Not(Truth truth) => (Truth)(Truth.Yes - truth);

    private static Truth Compare(bool isYes, bool isNo) => isYes ? Truth.Yes : isNo ? Truth.No : Truth.Maybe;

    private static bool IsWord(string word, string pattern) => pattern is [.. var start, '*'] ? word.StartsWith(start, StringComparison.Ordinal) : word == pattern;

    private static UInt128? NumberOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetUInt64(out var number) ? number : null,
        JsonValueKind.String when IPAddress.TryParse(value.GetString(), out var address) && value.GetString()!.AsSpan().ContainsAny('.', ':') => Operand.NumberOf(address),
        _ => null,
    };

    // Flags of TCP by name, one, a list or joined by |.
    private static UInt128? Mask(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return NumberOf(value);
        if (value.ValueKind == JsonValueKind.String)
            return Array.IndexOf(FlagNames, value.GetString()) is >= 0 and var bit ? UInt128.One << bit : null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("|", out var joined))
            value = joined;
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(Mask).Aggregate((UInt128?)0, static (all, one) => all | one) : null;
    }

    private static string? Text(JsonElement value, string member) => value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
