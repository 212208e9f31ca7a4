using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Ilb;

/// <summary>Reads our table as nft lists it in JSON. Pure. Whatever is not exactly as <see cref="FilterScript"/> leaves it counts as damage.</summary>
internal sealed class FilterReader
{
    private const string MaskPrefix = "marked in ";

    private static readonly string[] Kinds = [.. FilterNames.Kinds.Select(static kind => FilterNames.Kind(kind.Protocol, kind.IsV6))];

    private readonly Dictionary<string, List<string>> _rules = [];
    private readonly Dictionary<string, List<(JsonElement Key, string Target)>> _maps = [];
    private readonly HashSet<string> _counters = [];
    private readonly Dictionary<string, Companion> _objects = [];
    private string? _comment;
    private bool _exists;
    private bool _isDamaged;

    private FilterReader()
    {
    }

    /// <summary>The content of a table.</summary>
    /// <param name="json">What <c>list table</c> prints.</param>
    /// <param name="instance">Whose table.</param>
    /// <exception cref="IlbException">It is no list of nft's.</exception>
    public static FilterContent Read(string json, string instance)
    {
        var reader = new FilterReader();
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
            {
                foreach (var member in item.EnumerateObject())
                    reader.Note(member.Name, member.Value);
            }

            reader.Assemble();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new IlbException(IlbErrorCode.ProtocolError, $"nftables lists what makes no sense: {e.Message}", e);
        }

        return new FilterContent
        {
            Objects = reader._objects,
            Exists = reader._exists,
            IsForeign = reader._exists && reader._comment is { } comment && comment != FilterNames.TableComment(instance),
            IsDamaged = reader._isDamaged,
        };
    }

    private void Note(string kind, JsonElement value)
    {
        switch (kind)
        {
            case "metainfo":
                break;
            case "table":
                _exists = true;
                _comment = Text(value, "comment");
                break;
            case "counter":
                _counters.Add(Text(value, "name")!);
                break;
            case "chain":
                _rules.TryAdd(Text(value, "name")!, []);
                break;
            case "rule":
                _rules[Text(value, "chain")!].Add(Text(value, "comment") ?? "");
                break;
            case "map":
                _maps.Add(Text(value, "name")!, [.. Elements(value)]);
                break;
            default:
                _isDamaged = true;
                break;
        }
    }

    private IEnumerable<(JsonElement Key, string Target)> Elements(JsonElement map)
    {
        if (!map.TryGetProperty("elem", out var elements))
            yield break;
        foreach (var element in elements.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2 && element[1].ValueKind == JsonValueKind.Object && element[1].TryGetProperty("goto", out var verdict))
                yield return (element[0].Clone(), Text(verdict, "target")!);
            else
                _isDamaged = true;
        }
    }

    private void Assemble()
    {
        var chains = new MarkChains { Mask = MaskOf(_rules.GetValueOrDefault(FilterNames.MarkOwn, []).FirstOrDefault()) ?? 0 };
        Expect(chains, [(FilterNames.MarkIncoming, Kinds), (FilterNames.MarkOwn, [chains.Comment, .. Kinds])], FilterNames.Kinds.Select(static kind => FilterNames.Ports(kind.Protocol, kind.IsV6)));
        Expect(
            SourceChains.Instance,
            [(FilterNames.Translate, [.. Kinds, FilterNames.SourcesOfMarks(false), FilterNames.SourcesOfMarks(true)])],
            [.. FilterNames.Kinds.Select(static kind => FilterNames.Sources(kind.Protocol, kind.IsV6)), FilterNames.SourcesOfMarks(false), FilterNames.SourcesOfMarks(true)]);
        foreach (var (protocol, isV6) in FilterNames.Kinds)
        {
            foreach (var (key, target) in _maps.GetValueOrDefault(FilterNames.Ports(protocol, isV6), []))
                Mark(protocol, key, target);
            foreach (var (key, target) in _maps.GetValueOrDefault(FilterNames.Sources(protocol, isV6), []))
                Source(protocol, key, target);
        }

        foreach (var map in (string[])[FilterNames.SourcesOfMarks(false), FilterNames.SourcesOfMarks(true)])
        {
            foreach (var (key, target) in _maps.GetValueOrDefault(map, []))
                Source(default, key, target);
        }

        // What is left belongs to nothing.
        foreach (var map in FilterNames.Kinds.SelectMany(static kind => (string[])[FilterNames.Ports(kind.Protocol, kind.IsV6), FilterNames.Sources(kind.Protocol, kind.IsV6)]))
            _maps.Remove(map);
        _maps.Remove(FilterNames.SourcesOfMarks(false));
        _maps.Remove(FilterNames.SourcesOfMarks(true));
        _isDamaged |= _rules.Count > 0 || _counters.Count > 0 || _maps.Count > 0;
    }

    // Either all of it, with exactly these rules, or nothing.
    private void Expect(Companion companion, (string Chain, string[] Comments)[] chains, IEnumerable<string> maps)
    {
        var isThere = chains.Select(chain => _rules.ContainsKey(chain.Chain)).Concat(maps.Select(_maps.ContainsKey)).Distinct().ToArray();
        _isDamaged |= isThere.Length > 1;
        foreach (var (chain, comments) in chains)
        {
            if (_rules.Remove(chain, out var found))
                _isDamaged |= !found.SequenceEqual(comments);
        }

        if (isThere is [true])
            _objects.Add(companion.Id, companion);
    }

    private void Mark(Protocol protocol, JsonElement key, string target)
    {
        if (NumberOf(target, "mark_") is { } number && AddressAndPorts(key) is var (address, ports) && _counters.Remove(FilterNames.Counter(number))
            && TakeRule(target) is { } comment && comment.Split('/') is [var mark, var mask] && Hexadecimal(mark) is { } bits && Hexadecimal(mask) is { } mine)
        {
            Take(new PacketMark { Number = number, Protocol = protocol, Address = address, Ports = ports, Mark = bits, Mask = mine });
        }
        else
        {
            _isDamaged = true;
        }
    }

    private void Source(Protocol protocol, JsonElement key, string target)
    {
        if (NumberOf(target, "source_") is { } number && TakeRule(target) is { } comment && AddressSpan.TryParse(comment, null, out var sources))
        {
            if (AddressAndPorts(key) is var (address, ports))
            {
                Take(new SourceTranslation { Number = number, Protocol = protocol, Address = address, Ports = ports, Mark = 0, Sources = sources });
                return;
            }

            if (key.ValueKind == JsonValueKind.Number && key.TryGetUInt32(out var mark))
            {
                Take(new SourceTranslation { Number = number, Protocol = default, Address = null, Ports = PortRange.All, Mark = mark, Sources = sources });
                return;
            }
        }

        _isDamaged = true;
    }

    private void Take(Companion companion) => _isDamaged |= !_objects.TryAdd(companion.Id, companion);

    // The comment of a chain's only rule. Each chain belongs to one object.
    private string? TakeRule(string chain) => _rules.Remove(chain, out var rules) && rules is [var comment] ? comment : null;

    private static (IPAddress Address, PortRange Ports)? AddressAndPorts(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || !key.TryGetProperty("concat", out var parts) || parts.GetArrayLength() != 2 || parts[0].ValueKind != JsonValueKind.String
            || !NumericAddress.TryParse(parts[0].GetString()!, out var address))
        {
            return null;
        }

        if (parts[1].ValueKind == JsonValueKind.Number && parts[1].TryGetUInt16(out var port) && port > 0)
            return (address, port);
        return parts[1].ValueKind == JsonValueKind.Object && parts[1].TryGetProperty("range", out var range) && range.GetArrayLength() == 2
            && range[0].TryGetUInt16(out var first) && range[1].TryGetUInt16(out var last) && first > 0 && first <= last ? (address, new PortRange(first, last)) : null;
    }

    private static uint? NumberOf(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && uint.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static uint? Hexadecimal(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) && uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) ? bits : null;

    private static uint? MaskOf(string? comment) =>
        comment is not null && comment.StartsWith(MaskPrefix, StringComparison.Ordinal) ? Hexadecimal(comment[MaskPrefix.Length..]) : null;

    private static string? Text(JsonElement value, string member) => value.TryGetProperty(member, out var text) ? text.GetString() : null;
}
