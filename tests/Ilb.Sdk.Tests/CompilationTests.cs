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
