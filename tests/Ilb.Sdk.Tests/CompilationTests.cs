using FsCheck.Xunit;
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
            compilation.MoveTo(configuration, Compilation.Difference(Compilation.Compare(compilation.Configuration, configuration)));
            Assert.Equal(Compiler.Compile(configuration), compilation.Services);
        }
    }

    [Property(MaxTest = 100)]
    public void Only_rules_that_differ_or_whose_group_does_are_compared(int seed)
    {
        var random = new Random(seed);
        var (before, after) = (Generate.Configuration(random), Generate.Configuration(random));
        Assert.Empty(Compilation.Compare(before, before with { }));
        // As lists that have all objects in common with those before.
        Assert.Empty(Compilation.Compare(before, before with { Rules = [.. before.Rules], ServerGroups = [.. before.ServerGroups] }));
        foreach (var change in Compilation.Compare(before, after))
        {
            Assert.Same(change.Before, change.Before is null ? null : before.FindRule(change.Before.Name));
            Assert.Same(change.After, change.After is null ? null : after.FindRule(change.After.Name));
        }
    }

    [Fact]
    public void A_service_that_one_rule_leaves_to_another_stays()
    {
        var before = PlannerTests.Site();
        var after = before with { Rules = [before.Rules[0] with { Name = "other" }, before.Rules[0] with { Ports = 81 }] };
        var difference = Compilation.Difference(Compilation.Compare(before, after));
        Assert.Equal(["other", "web"], difference.Values.Select(static service => service!.Rule).Order());
    }
}
