using System.Net;

namespace Ilb.Tests;

/// <summary>Our table of nftables: what is written, and what is read of it.</summary>
public sealed class FilterTests
{
    private static readonly PacketMark Mark = new() { Number = 7, Address = IPAddress.Parse("192.0.2.1"), Protocol = Protocol.Udp, Ports = new PortRange(8000, 8010), Mark = 0x70000, Mask = 0xffff0000 };

    private static readonly SourceTranslation Source = new()
    {
        Number = 8,
        Address = IPAddress.Parse("2001:db8::1"),
        Protocol = Protocol.Tcp,
        Ports = 80,
        Mark = 0,
        Sources = AddressSpan.Parse("2001:db8::fe-2001:db8::100"),
    };

    [Fact]
    public void A_mark_is_an_element_that_leads_to_a_chain_of_its_own()
    {
        Assert.Equal(
            """
            add table inet ilb { comment "made by Ilb, instance ilb"; }
            add counter inet ilb rule_7
            add chain inet ilb mark_7
            flush chain inet ilb mark_7
            add rule inet ilb mark_7 counter name rule_7 meta mark set meta mark & 0x0000ffff | 0x00070000 comment "0x00070000/0xffff0000"
            add element inet ilb ports_udp4 { 192.0.2.1 . 8000-8010 : goto mark_7 }

            """,
            Script(null, Mark));
        Assert.Equal(
            """
            add table inet ilb { comment "made by Ilb, instance ilb"; }
            delete element inet ilb ports_udp4 { 192.0.2.1 . 8000-8010 }
            flush chain inet ilb mark_7
            delete chain inet ilb mark_7
            delete counter inet ilb rule_7

            """,
            Script(Mark, null));
        Assert.Contains("meta mark set 0x00000007 comment", Script(null, Mark with { Mark = 7, Mask = uint.MaxValue }), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_sources_are_taken_in_turn()
    {
        Assert.Contains("meta l4proto tcp snat ip6 to numgen inc mod 3 map { 0 : 2001:db8::fe, 1 : 2001:db8::ff, 2 : 2001:db8::100 }:4096-65534 comment \"2001:db8::fe-2001:db8::100\"", Script(null, Source), StringComparison.Ordinal);
        Assert.Contains("snat ip6 to [2001:db8::fe]:4096-65534", Script(null, Source with { Sources = new AddressSpan(Source.Sources.First) }), StringComparison.Ordinal);
        Assert.Contains("add element inet ilb sources_mark4 { 0x00000005 : goto source_8 }", Script(null, Source with { Address = null, Mark = 5, Sources = AddressSpan.Parse("10.0.0.1") }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_probe_has_marked_already_is_not_marked_anew()
    {
        var script = Script(null, new MarkChains { Mask = 0xfff00 });
        var first = script.Split('\n').First(static line => line.StartsWith("add rule inet ilb mark_out", StringComparison.Ordinal));
        Assert.Equal("add rule inet ilb mark_out meta mark & 0x000fff00 != 0x00000000 accept comment \"marked in 0x000fff00\"", first);
        Assert.DoesNotContain("mark_in meta mark", script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ilb", "ilb")]
    [InlineData("filter", "ilb-filter")]
    [InlineData("1.2-x", "ilb-1.2-x")]
    public void The_table_of_an_instance_is_never_called_as_others_are(string instance, string table) => Assert.Equal(table, FilterNames.Table(instance));

    [Fact]
    public void What_nft_lists_is_read_back()
    {
        var content = FilterReader.Read(Listed("", "\"0x00070000/0xffff0000\""), "ilb");
        Assert.False(content.IsDamaged || content.IsForeign);
        Assert.Equal([new MarkChains { Mask = 0xffff0000 }, Mark], content.Objects.Values);
    }

    [Theory]
    [InlineData(""", { "rule": { "chain": "mark_7", "expr": [] } }""", "\"0x00070000/0xffff0000\"")]
    [InlineData(""", { "chain": { "name": "other" } }""", "\"0x00070000/0xffff0000\"")]
    [InlineData(""", { "set": { "name": "other" } }""", "\"0x00070000/0xffff0000\"")]
    [InlineData(""", { "counter": { "name": "rule_8" } }""", "\"0x00070000/0xffff0000\"")]
    [InlineData(""", { "rule": { "chain": "mark_in" } }""", "\"0x00070000/0xffff0000\"")]
    [InlineData(""", { "map": { "name": "ports_x", "elem": [[{ "concat": ["192.0.2.1", 80] }, { "accept": null }]] } }""", "\"0x00070000/0xffff0000\"")]
    [InlineData("", "\"somebody's\"")]
    public void What_is_not_as_we_leave_it_is_damage(string more, string comment) => Assert.True(FilterReader.Read(Listed(more, comment), "ilb").IsDamaged);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{ "nftables": 1 }""")]
    [InlineData("""{ "nftables": [{ "rule": { "chain": "unknown" } }] }""")]
    [InlineData("""{ "nftables": [{ "map": { "elem": 3 } }] }""")]
    public void What_makes_no_sense_is_an_error_and_no_crash(string json) =>
        Assert.Equal(IlbErrorCode.ProtocolError, Assert.Throws<IlbException>(() => FilterReader.Read(json, "ilb")).Code);

    [Fact]
    public void A_table_of_another_instance_is_foreign() => Assert.True(FilterReader.Read("""{ "nftables": [{ "table": { "name": "ilb", "comment": "mine" } }] }""", "ilb").IsForeign);

    [Fact]
    public void Announcements_are_as_the_standards_have_them()
    {
        byte[] hardware = [2, 0, 0, 0, 0, 9];
        Assert.Equal("0001080006040001020000000009C0000201000000000000C0000201", Convert.ToHexString(Announcement.Arp(1, IPAddress.Parse("192.0.2.1"), hardware)));
        Assert.Equal("0001080006040002020000000009C0000201020000000009C0000201", Convert.ToHexString(Announcement.Arp(2, IPAddress.Parse("192.0.2.1"), hardware)));
        Assert.Equal("88000000A000000020010DB80000000000000000000000010201020000000009", Convert.ToHexString(Announcement.Advertisement(IPAddress.Parse("2001:db8::1"), hardware)));
    }

    private static string Script(Companion? before, Companion? after)
    {
        var script = new FilterScript("ilb");
        script.Change(before, after);
        return script.ToString();
    }

    private static string Listed(string more, string comment) =>
        $$"""
        { "nftables": [{ "metainfo": {} }, { "table": { "name": "ilb" } }, { "counter": { "name": "rule_7" } }, { "chain": { "name": "mark_7" } },
          { "map": { "name": "ports_udp4", "elem": [[{ "concat": ["192.0.2.1", { "range": [8000, 8010] }] }, { "goto": { "target": "mark_7" } }]] } },
          { "rule": { "chain": "mark_7", "comment": {{comment}}, "expr": [] } }{{Static}}{{more}}] }
        """;

    // What a table has that has any mark.
    private static string Static => string.Concat(FilterNames.Kinds.Select(static kind => FilterNames.Kind(kind.Protocol, kind.IsV6)).Where(static kind => kind != "udp4").Select(static kind => $$""", { "map": { "name": "ports_{{kind}}" } }"""))
        + string.Concat(((string[])["mark_in", "mark_out"]).Select(static chain => $$""", { "chain": { "name": "{{chain}}" } }"""
            + (chain == "mark_out" ? """, { "rule": { "chain": "mark_out", "comment": "marked in 0xffff0000" } }""" : "")
            + string.Concat(FilterNames.Kinds.Select(kind => $$""", { "rule": { "chain": "{{chain}}", "comment": "{{FilterNames.Kind(kind.Protocol, kind.IsV6)}}" } }"""))));
}
