using FsCheck.Xunit;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class CompilationTests
{
    [Property(MaxTest = 200)]
    public void What_is_compiled_by_difference_is_what_is_compiled_as_a_whole(int seed)
    {
        var random = new Random(seed);
        var compilation = new Compilation();
        var configuration = Configuration.Empty;
        for (var i = 0; i < 20; i++)
        {
            configuration = RandomChange.Next(random, configuration);
            var (difference, leaving) = Difference(compilation.Configuration, configuration, compilation.Services.GetValueOrDefault, compilation.Runtime.Leaving);
            compilation.MoveTo(configuration, Runtime.None.With(leaving), difference);
            var whole = Compiler.Compile(configuration);
            foreach (var key in leaving.Keys)
            {
                Assert.Equal(!whole.ContainsKey(key), leaving.Find(key)!.IsWhole);
                whole[key] = leaving.Over(key, whole.GetValueOrDefault(key))!;
            }

            Assert.Equal(whole, compilation.Services);
        }
    }

    [Property(MaxTest = 100)]
    public void Only_rules_that_differ_or_whose_group_does_are_compared(int seed)
    {
        var random = new Random(seed);
        var (before, after) = (Generate.Configuration(random), Generate.Configuration(random));
        Assert.Empty(Compilation.Compare(before, before with { }, Runtime.None, default));
        // As lists that have all objects in common with those before.
        Assert.Empty(Compilation.Compare(before, before with { Rules = [.. before.Rules], ServerGroups = [.. before.ServerGroups] }, Runtime.None, default));
        foreach (var change in Compilation.Compare(before, after, Runtime.None, default))
        {
            Assert.Same(change.Before?.Rule, change.Before is null ? null : before.FindRule(change.Before.Rule.Name));
            Assert.Same(change.After?.Rule, change.After is null ? null : after.FindRule(change.After.Rule.Name));
        }
    }

    // The names of rules before and after, and of those that are compared; a capital letter is the same rule changed.
    [Theory]
    [InlineData("ab", "abc", "c")]
    [InlineData("ab", "cab", "c")]
    [InlineData("ab", "acb", "c")]
    [InlineData("ab", "b", "a")]
    [InlineData("ab", "a", "b")]
    [InlineData("abc", "ac", "b")]
    [InlineData("ab", "ba", "")]
    [InlineData("abc", "cab", "")]
    [InlineData("abc", "aBc", "B")]
    [InlineData("abc", "axc", "bx")]
    [InlineData("abc", "Bac", "B")]
    [InlineData("", "ab", "ab")]
    [InlineData("ab", "", "ab")]
    [InlineData("abcdefghi", "ABCDEFGHI", "ABCDEFGHI")]
    public void Rules_that_came_went_or_changed_are_found_wherever_they_stand(string before, string after, string expected)
    {
        var site = PlannerTests.Site();
        var rules = "abcdefghixABCDEFGHI".ToDictionary(static name => name, name => site.Rules[0] with { Name = char.ToLowerInvariant(name).ToString(), Ports = char.ToLowerInvariant(name), ConnectionDrain = TimeSpan.FromSeconds(char.IsUpper(name) ? 1 : 0) });
        var changes = Compilation.Compare(Of(before), Of(after), Runtime.None, default);
        Assert.Equal(expected, string.Concat(changes.Select(change => rules.Single(pair => ReferenceEquals(pair.Value, (change.After ?? change.Before)!.Rule)).Key).OrderBy(char.ToLowerInvariant)));

        Configuration Of(string names) => site with { Rules = names.Select(name => rules[name]).ToValueList() };
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void A_rule_is_compared_where_its_group_or_its_sorry_group_changed(int changed, bool isCompared)
    {
        var groups = Enumerable.Range(0, 4).Select(static number => new ServerGroup { Name = $"g{number}", Servers = ServerSpec.Parse($"10.0.{number}.1") }.WithNumbers()).ToArray();
        var rule = PlannerTests.Site().Rules[0] with { ServerGroup = "g1", Sorry = new SorryGroup { ServerGroup = "g2" } };
        var before = new Configuration { ServerGroups = [.. groups], Rules = [rule] };
        Check(changed);
        // Also where it is one of several.
        if (!isCompared)
            Check(0, 3);
        else
            Check(0, changed);

        void Check(params int[] places)
        {
            var after = before with { ServerGroups = [.. groups.Select((group, place) => places.Contains(place) ? group with { Servers = [group.Servers[0] with { Weight = 7 }] } : group)] };
            var changes = Compilation.Compare(before, after, Runtime.None, default);
            Assert.Equal(isCompared ? 1 : 0, changes.Count);
            foreach (var change in changes)
            {
                Assert.Same(before.FindServerGroup("g1"), change.Before!.Group);
                Assert.Same(after.FindServerGroup("g1"), change.After!.Group);
                Assert.Same(before.FindServerGroup("g2"), change.Before.Sorry);
                Assert.Same(after.FindServerGroup("g2"), change.After.Sorry);
                Assert.False(change.KeepsServers);
            }
        }
    }

    [Fact]
    public void A_rule_is_compared_where_its_health_check_changed_and_keeps_its_servers()
    {
        var check = new HealthCheck { Name = "h", Test = new TcpTest() };
        var site = PlannerTests.Site();
        var before = site with { HealthChecks = [check, check with { Name = "other" }], Rules = [site.Rules[0] with { Health = new RuleHealth { Check = "h" } }, site.Rules[0] with { Name = "none", Ports = 81 }] };
        var change = Assert.Single(Compilation.Compare(before, before with { HealthChecks = [check with { Rise = 2 }, before.HealthChecks[1]] }, Runtime.None, default));
        Assert.Equal(("web", 2, true), (change.After!.Rule.Name, change.After.Check!.Rise, change.KeepsServers));
        Assert.Empty(Compilation.Compare(before, before with { HealthChecks = [check, check with { Name = "other", Rise = 2 }] }, Runtime.None, default));
    }

    [Fact]
    public void A_service_that_one_rule_leaves_to_another_stays()
    {
        var before = PlannerTests.Site();
        var after = before with { Rules = [before.Rules[0] with { Name = "other" }, before.Rules[0] with { Ports = 81 }] };
        var difference = Difference(before, after, Compiler.Compile(before).GetValueOrDefault, Leaving.Nothing).Services;
        Assert.Equal(["other", "web"], difference.Values.Select(static service => service!.Rule).Order());
    }

    private static (Dictionary<IpvsServiceKey, VirtualService?> Services, Leaving Leaving) Difference(Configuration before, Configuration after, Func<IpvsServiceKey, VirtualService?> find, Leaving leaving) =>
        Compilation.Difference(Compilation.Compare(before, after, Runtime.None, default), find, leaving, default);
}
