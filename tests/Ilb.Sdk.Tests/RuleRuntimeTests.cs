using System.Net;

namespace Ilb.Tests;

/// <summary>What is remembered of rules besides their configuration: how much it is, and when it changes by itself.</summary>
public sealed class RuleRuntimeTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly Verdict Dead = new() { IsAlive = false, Since = Now };
    private static readonly Verdict Alive = new() { IsAlive = true, Since = Now };

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
        ConnectionDrain = TimeSpan.FromSeconds(30),
        SlowStart = TimeSpan.FromSeconds(20),
    };

    [Fact]
    public void Each_kind_of_note_counts()
    {
        var runtime = RuleRuntime.None;
        Assert.Equal((true, 0), (runtime.IsEmpty, runtime.Count));
        runtime = runtime.WithVerdict(1, Dead).WithOutside(1, Dead).WithOutside(2, Dead).WithPassive(1, Dead).WithRamp(1, Now).WithDrain(1, Now).WithSorry(true);
        Assert.Equal((false, 7), (runtime.IsEmpty, runtime.Count));
        Assert.Equal((true, 0), (Without(runtime).IsEmpty, Without(runtime).Count));

        static RuleRuntime Without(RuleRuntime runtime) => runtime.WithVerdict(1, null).WithOutside(1, null).WithOutside(2, null).WithPassive(1, null).WithRamp(1, null).WithDrain(1, null).WithSorry(false);
    }

    [Fact]
    public void What_stays_the_same_is_the_same_object()
    {
        var runtime = RuleRuntime.None.WithVerdict(1, Dead).WithOutside(1, Dead).WithPassive(1, Dead).WithRamp(1, Now).WithDrain(1, Now).WithSorry(true);
        Assert.Same(runtime, runtime.WithVerdict(1, Dead).WithOutside(1, Dead).WithPassive(1, Dead).WithRamp(1, Now).WithDrain(1, Now).WithSorry(true));
        Assert.NotSame(runtime, runtime.WithVerdict(1, Alive));
        Assert.NotSame(runtime, runtime.WithOutside(1, Alive));
        Assert.NotSame(runtime, runtime.WithPassive(1, Alive));
        Assert.NotSame(runtime, runtime.WithRamp(1, null));
        Assert.NotSame(runtime, runtime.WithDrain(1, null));
        Assert.NotSame(runtime, runtime.WithSorry(false));
    }

    [Fact]
    public void Weights_drains_silence_and_words_with_an_end_change_with_time()
    {
        var none = RuleRuntime.None.WithVerdict(1, Dead).WithOutside(1, Dead).WithPassive(1, Alive).WithSorry(true);
        Assert.False(none.IsTimed);
        Assert.Null(none.WithPassive(1, null).NextIn(Rule, Now));
        Assert.True(none.WithRamp(1, Now).IsTimed);
        Assert.True(none.WithDrain(1, Now).IsTimed);
        Assert.True(none.WithPassive(2, Dead).IsTimed);
        Assert.True(none.WithOutside(2, Alive with { Until = Now.AddSeconds(1) }).IsTimed);
    }

    [Fact]
    public void The_next_change_is_the_earliest_of_all()
    {
        var drains = RuleRuntime.None.WithDrain(1, Now);
        Assert.Equal(30, Seconds(drains));
        var said = drains.WithOutside(1, Dead with { Until = Now.AddSeconds(25) });
        Assert.Equal(25, Seconds(said));
        var silent = said.WithPassive(1, Dead with { Until = Now.AddSeconds(20) }).WithPassive(2, Alive with { Until = Now.AddSeconds(1) });
        Assert.Equal(20, Seconds(silent));
        var rising = silent.WithRamp(1, Now);
        Assert.Equal(2, Seconds(rising));
        Assert.Equal(0, Seconds(rising.WithOutside(2, Dead with { Since = Now.AddSeconds(-9), Until = Now })));

        static double? Seconds(RuleRuntime runtime) => runtime.NextIn(Rule, Now)?.TotalSeconds;
    }

    [Fact]
    public void Notes_of_all_rules_are_counted_and_a_rule_without_any_is_not_remembered()
    {
        var (one, two) = (RuleRuntime.None.WithVerdict(1, Dead), RuleRuntime.None.WithVerdict(1, Dead).WithVerdict(2, Dead));
        var runtime = Runtime.None.With("a", one).With("b", two);
        Assert.Equal((3, "a b"), (runtime.Count, string.Join(' ', runtime.Rules.Order())));
        Assert.Same(runtime, runtime.With("a", one));
        Assert.Same(runtime, runtime.With(runtime.Leaving));
        Assert.Equal(4, runtime.With("a", two).Count);
        var less = runtime.With("b", RuleRuntime.None);
        Assert.Equal((1, "a"), (less.Count, string.Join(' ', less.Rules)));
    }

    [Fact]
    public void Words_about_all_rules_of_a_group_are_found_by_the_group()
    {
        var everywhere = Dead with { IsOfAllRules = true };
        var runtime = Runtime.None.With("a", RuleRuntime.None.WithOutside(1, everywhere).WithOutside(2, Dead)).With("b", RuleRuntime.None.WithOutside(3, everywhere));
        var words = runtime.WordsOfAll([Rule with { Name = "a" }, Rule with { Name = "b" }, Rule with { Name = "c", ServerGroup = "other" }]);
        Assert.Equal("g", Assert.Single(words).Key);
        Assert.Equal([1u, 3u], words["g"].Outside.Keys.Order());
        Assert.Empty(Runtime.None.WordsOfAll([Rule]));
    }
}
