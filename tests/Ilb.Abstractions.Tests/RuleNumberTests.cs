using System.Net;

namespace Ilb.Tests;

/// <summary>Which number a rule has among those of many ports and NAT: all nodes of a site must give the same.</summary>
public sealed class RuleNumberTests
{
    private static readonly ServerGroup Group = new ServerGroup { Name = "g", Servers = ServerSpec.Parse("10.0.0.1") }.WithNumbers();

    [Fact]
    public void A_rule_that_is_created_has_the_lowest_free_number_if_it_needs_one()
    {
        var site = Site(Many("a", 1), Many("b", 3));
        Assert.Equal(2u, Created(Many("c", null)));
        Assert.Equal(7u, Created(Many("c", 7)));
        Assert.Null(Created(One("c", null)));
        Assert.Null(Created(One("c", 7)));
        Assert.Equal(1u, new CreateRule { Rule = Many("c", null) }.ApplyTo(Site()).Rules[0].Number);

        uint? Created(Rule rule)
        {
            var change = (CreateRule)new CreateRule { Rule = rule }.Resolve(site, new Dictionary<string, ValueList<IPAddress>>());
            Assert.Equal(change.Rule.Number, new CreateRule { Rule = rule }.ApplyTo(site).Rules[^1].Number);
            return change.Rule.Number;
        }
    }

    [Fact]
    public void A_number_that_another_rule_has_is_refused_with_its_name()
    {
        var refused = Assert.Throws<IlbException>(static () => new CreateRule { Rule = Many("c", 1) }.ApplyTo(Site(Many("a", 1))));
        Assert.Equal((IlbErrorCode.AlreadyExists, "rule 'c': rule 'a' has number 1 already: leave it out, and a free one is given"), (refused.Code, refused.Message));
        Assert.Equal("rules[1].number", Assert.Single(Site(Many("a", 1), Many("b", 1)).Validate()).Path);
    }

    [Theory]
    [InlineData("a b", "a2 b1", "a2 b1")]
    [InlineData("c b a", "a2 b1", "c3 b1 a2")]
    [InlineData("c d", "a2 b1", "c1 d2")]
    [InlineData("c2 a", "a2", "c2 a1")]
    [InlineData("c d2 e", "", "c1 d2 e3")]
    [InlineData("C9 a", "a2", "C a2")]
    [InlineData("C9 D", "", "C D")]
    [InlineData("A a", "b1", "A a1")]
    [InlineData("C2 c", "", "C c1")]
    public void Rules_that_are_replaced_keep_their_numbers_and_others_get_free_ones(string after, string before, string expected)
    {
        var next = new ReplaceAll { Configuration = Site(Rules(after)) }.ApplyTo(Site(Rules(before)));
        Assert.Equal(expected, string.Join(' ', next.Rules.Select(static rule => $"{(rule.Ports!.Count == 1 ? rule.Name[..1].ToUpperInvariant() : rule.Name)}{rule.Number}")));
    }

    // A small letter is a rule of many ports, a capital one of one, which needs no number.
    private static Rule[] Rules(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static word =>
    {
        uint? number = word.Length > 1 ? uint.Parse(word[1..], System.Globalization.CultureInfo.InvariantCulture) : null;
        return char.IsUpper(word[0]) ? One($"{word[..1].ToLowerInvariant()}-one", number) : Many(word[..1], number);
    })];

    private static Rule Many(string name, uint? number) => One(name, number) with { Ports = new PortRange(80, 90) };

    private static Rule One(string name, uint? number) => new()
    {
        Name = name,
        Vip = new IPAddress([192, 0, 2, (byte)(name[0] + name.Length)]),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
        Number = number,
    };

    private static Configuration Site(params Rule[] rules) => new() { ServerGroups = [Group], Rules = [.. rules] };
}
