using System.Globalization;
using System.Net;
using System.Text;

namespace Ilb;

/// <summary>
/// Writes what makes one state of our table of another, in nft's language. Pure. Packets are told by elements of maps, each of which leads to a chain of its rule: so a packet costs one look-up however many rules there are,
/// and a change costs what it is itself.
/// </summary>
internal sealed class FilterScript
{
    private readonly StringBuilder _lines = new();
    private readonly string _table;

    /// <param name="instance">Whose table.</param>
    public FilterScript(string instance)
    {
        _table = $"inet {FilterNames.Table(instance)}";
        _lines.Append(CultureInfo.InvariantCulture, $"add table {_table} {{ comment \"{FilterNames.TableComment(instance)}\"; }}\n");
    }

    /// <summary>The statements, one a line.</summary>
    public override string ToString() => _lines.ToString();

    /// <summary>Begins anew: all that was there is gone, in the same transaction.</summary>
    public void Clear(string instance)
    {
        _lines.Append(CultureInfo.InvariantCulture, $"delete table {_table}\n");
        _lines.Append(CultureInfo.InvariantCulture, $"add table {_table} {{ comment \"{FilterNames.TableComment(instance)}\"; }}\n");
    }

    public void DeleteTable() => Line($"delete table {_table}");

    /// <summary>From one state of an object to another; null where it is not there.</summary>
    public void Change(Companion? before, Companion? after)
    {
        switch (after ?? before)
        {
            case MarkChains when after is MarkChains chains:
                AddMarkChains(chains);
                break;
            case MarkChains:
                DeleteChains([FilterNames.MarkIncoming, FilterNames.MarkOwn], FilterNames.Kinds.Select(static kind => FilterNames.Ports(kind.Protocol, kind.IsV6)));
                break;
            case SourceChains when after is not null:
                AddSourceChains();
                break;
            case SourceChains:
                DeleteChains([FilterNames.Translate], SourceMaps());
                break;
            case PacketMark:
                Change(before as PacketMark, after as PacketMark);
                break;
            case SourceTranslation:
                Change(before as SourceTranslation, after as SourceTranslation);
                break;
            case var other:
                throw new ArgumentException($"{other} is not in the packet filter", nameof(after));
        }
    }

    private void Change(PacketMark? before, PacketMark? after)
    {
        if (before is not null)
            Line($"delete element {_table} {Map(before)} {{ {Element(before.Address, before.Ports)} }}");
        if (after is null)
        {
            DeleteChain(FilterNames.Mark(before!.Number));
            Line($"delete counter {_table} {FilterNames.Counter(before.Number)}");
            return;
        }

        var (chain, counter) = (FilterNames.Mark(after.Number), FilterNames.Counter(after.Number));
        var others = ~after.Mask;
        Line($"add counter {_table} {counter}");
        AddChain(chain);
        Line($"add rule {_table} {chain} counter name {counter} meta mark set {(others == 0 ? "" : $"meta mark & 0x{others:x8} | ")}0x{after.Mark:x8} comment \"{after.Detail}\"");
        Line($"add element {_table} {Map(after)} {{ {Element(after.Address, after.Ports)} : goto {chain} }}");
    }

    private void Change(SourceTranslation? before, SourceTranslation? after)
    {
        if (before is not null)
            Line($"delete element {_table} {Map(before)} {{ {Element(before)} }}");
        if (after is null)
        {
            DeleteChain(FilterNames.Source(before!.Number));
            return;
        }

        var chain = FilterNames.Source(after.Number);
        var protocols = after.Address is null ? "{ tcp, udp, sctp }" : FilterNames.Word(after.Protocol);
        AddChain(chain);
        Line($"add rule {_table} {chain} meta l4proto {protocols} snat {(FilterNames.IsV6(after.Sources.First) ? "ip6" : "ip")} to {Sources(after.Sources)}:4096-65534 comment \"{after.Detail}\"");
        Line($"add element {_table} {Map(after)} {{ {Element(after)} : goto {chain} }}");
    }

    private void AddMarkChains(MarkChains chains)
    {
        Line($"add chain {_table} {FilterNames.MarkIncoming} {{ type filter hook prerouting priority mangle; policy accept; }}");
        Line($"add chain {_table} {FilterNames.MarkOwn} {{ type route hook output priority mangle; policy accept; }}");
        foreach (var chain in (string[])[FilterNames.MarkIncoming, FilterNames.MarkOwn])
        {
            Line($"flush chain {_table} {chain}");
            if (chain == FilterNames.MarkOwn)
                Line($"add rule {_table} {chain} meta mark & 0x{chains.Mask:x8} != 0x00000000 accept comment \"{chains.Comment}\"");
            foreach (var (protocol, isV6) in FilterNames.Kinds)
            {
                AddMap(FilterNames.Ports(protocol, isV6), isV6);
                Line($"add rule {_table} {chain} {(isV6 ? "ip6" : "ip")} daddr . {FilterNames.Word(protocol)} dport vmap @{FilterNames.Ports(protocol, isV6)} comment \"{FilterNames.Kind(protocol, isV6)}\"");
            }
        }
    }

    private void AddSourceChains()
    {
        var chain = FilterNames.Translate;
        // Just before srcnat: what others do there to all packets, such as to masquerade them, would else replace our choice.
        Line($"add chain {_table} {chain} {{ type nat hook postrouting priority 99; policy accept; }}");
        Line($"flush chain {_table} {chain}");
        foreach (var (protocol, isV6) in FilterNames.Kinds)
        {
            var map = FilterNames.Sources(protocol, isV6);
            AddMap(map, isV6);
            // By now the packet bears the server's address. What the client asked for is known to the connection tracking.
            Line($"add rule {_table} {chain} meta l4proto {FilterNames.Word(protocol)} ct original {(isV6 ? "ip6" : "ip")} daddr . ct original proto-dst vmap @{map} comment \"{FilterNames.Kind(protocol, isV6)}\"");
        }

        foreach (var isV6 in (bool[])[false, true])
        {
            var map = FilterNames.SourcesOfMarks(isV6);
            Line($"add map {_table} {map} {{ type mark : verdict; }}");
            Line($"add rule {_table} {chain} meta nfproto {(isV6 ? "ipv6" : "ipv4")} meta mark vmap @{map} comment \"{map}\"");
        }
    }

    private static IEnumerable<string> SourceMaps() =>
        [.. FilterNames.Kinds.Select(static kind => FilterNames.Sources(kind.Protocol, kind.IsV6)), FilterNames.SourcesOfMarks(false), FilterNames.SourcesOfMarks(true)];

    private static string Map(PacketMark mark) => FilterNames.Ports(mark.Protocol, FilterNames.IsV6(mark.Address));

    private static string Map(SourceTranslation source) => source.Address is { } address
        ? FilterNames.Sources(source.Protocol, FilterNames.IsV6(address))
        : FilterNames.SourcesOfMarks(FilterNames.IsV6(source.Sources.First));

    private static string Element(SourceTranslation source) =>
        source.Address is { } address ? Element(address, source.Ports) : string.Create(CultureInfo.InvariantCulture, $"0x{source.Mark:x8}");

    private static string Element(IPAddress address, PortRange ports) => $"{address} . {ports}";

    private static string Sources(AddressSpan span)
    {
        var count = (int)span.Count;
        if (count == 1)
            return FilterNames.IsV6(span.First) ? $"[{span.First}]" : span.First.ToString();
        // A span as it is would give each client one address, and when its ports are used up none of the others.
        var addresses = Enumerable.Range(0, count).Select(place => string.Create(CultureInfo.InvariantCulture, $"{place} : {Following(span.First, place)}"));
        return $"numgen inc mod {count} map {{ {string.Join(", ", addresses)} }}";
    }

    private static IPAddress Following(IPAddress address, int distance)
    {
        var bytes = address.GetAddressBytes();
        for (var (i, carry) = (bytes.Length - 1, distance); carry > 0; i--)
        {
            carry += bytes[i];
            bytes[i] = (byte)carry;
            carry >>= 8;
        }

        return new IPAddress(bytes);
    }

    private void AddMap(string name, bool isV6) => Line($"add map {_table} {name} {{ type {(isV6 ? "ipv6_addr" : "ipv4_addr")} . inet_service : verdict; flags interval; }}");

    private void AddChain(string name)
    {
        Line($"add chain {_table} {name}");
        Line($"flush chain {_table} {name}");
    }

    private void DeleteChains(IEnumerable<string> chains, IEnumerable<string> maps)
    {
        foreach (var chain in chains)
            DeleteChain(chain);
        foreach (var map in maps)
            Line($"delete map {_table} {map}");
    }

    private void DeleteChain(string name)
    {
        Line($"flush chain {_table} {name}");
        Line($"delete chain {_table} {name}");
    }

    private void Line(FormattableString text) => _lines.Append(FormattableString.Invariant(text)).Append('\n');
}
