using System.Net;

namespace Ilb.Tests;

/// <summary>The weight of a server that joins others.</summary>
public sealed class RampTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly Server Server = new() { Address = IPAddress.Parse("10.0.0.1"), Number = 1, Weight = 3 };
    private static readonly ServerGroup Group = new() { Name = "g", Servers = [Server] };

    private static readonly Rule Rule = new()
    {
        Name = "r",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "g",
        SlowStart = TimeSpan.FromSeconds(20),
    };

    [Theory]
    [InlineData(0, 3, 2)]
    [InlineData(1.9, 3, 0.1)]
    [InlineData(2, 6, 2)]
    [InlineData(17.5, 27, 0.5)]
    [InlineData(18, 30, 2)]
    [InlineData(20, 30, 0)]
    [InlineData(1000, 30, 0)]
    [InlineData(-1, 30, 21)]
    public void A_weight_rises_in_ten_steps_and_is_whole_where_the_clock_was_set_back(double elapsed, int weight, double next)
    {
        var runtime = RuleRuntime.None.WithRamp(1, Now.AddSeconds(-elapsed));
        Assert.Equal(weight, Ramp.Weight(Case(Rule, runtime), Server, Now));
        Assert.Equal(TimeSpan.FromSeconds(next), Ramp.NextIn(Rule, runtime, Now));
    }

    [Fact]
    public void The_next_rise_is_that_of_the_server_whose_turn_it_is()
    {
        var runtime = RuleRuntime.None.WithRamp(1, Now.AddSeconds(-0.5)).WithRamp(2, Now.AddSeconds(-3));
        Assert.Equal(TimeSpan.FromSeconds(1), Ramp.NextIn(Rule, runtime, Now));
        Assert.Null(Ramp.NextIn(Rule, RuleRuntime.None, Now));
        Assert.Null(Ramp.NextIn(Rule with { SlowStart = null }, runtime, Now));
    }

    [Fact]
    public void Without_slow_start_a_weight_is_its_own_and_with_it_ten_times_that()
    {
        var runtime = RuleRuntime.None.WithRamp(1, Now);
        Assert.Equal(3, Ramp.Weight(Case(Rule with { SlowStart = null }, runtime), Server, Now));
        Assert.Equal(3, Ramp.Full(Rule with { SlowStart = null }, Server));
        Assert.Equal(30, Ramp.Weight(Case(Rule, RuleRuntime.None), Server, Now));
        Assert.Equal(30, Ramp.Full(Rule, Server));
    }

    private static RuleCase Case(Rule rule, RuleRuntime runtime) => new() { Rule = rule, Group = Group, Runtime = runtime };
}
