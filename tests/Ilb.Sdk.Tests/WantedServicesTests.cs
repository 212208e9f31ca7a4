using Ilb.Netlink.Ipvs;

namespace Ilb.Tests;

/// <summary>What the kernel should hold, with changes on top, and which of it is looked at closely.</summary>
public sealed class WantedServicesTests
{
    private static readonly HashSet<IpvsServiceKey> NoKeys = [];

    private static readonly VirtualService One = Service(1), Two = Service(2), Three = Service(3);

    private static readonly Dictionary<IpvsServiceKey, VirtualService> Before = new() { [Key(1)] = One, [Key(2)] = Two };

    [Fact]
    public void Without_changes_all_is_as_before()
    {
        var wanted = new WantedServices(Before);
        Assert.Same(Before, wanted.All());
        Assert.Empty(wanted.Chosen());
        Assert.Equal(2, wanted.Count);
        Assert.True(wanted.IsAsBefore(Key(1)));
        Assert.False(wanted.IsAsBefore(Key(3)));
        Assert.Empty(wanted.Takeable);
    }

    [Fact]
    public void Changes_stand_on_top_and_are_looked_at_closely()
    {
        var other = One with { Rule = "other" };
        var wanted = new WantedServices(Before).With(Changes((1, other), (2, null), (3, Three)), NoKeys, false);
        Assert.Equal(2, wanted.Count);
        Assert.Equal((other, null, Three), (wanted.Find(Key(1)), wanted.Find(Key(2)), wanted.Find(Key(3))));
        Assert.Equal([Key(1), Key(3)], wanted.All().Keys.OrderBy(static key => key.Port));
        Assert.Same(other, wanted.All()[Key(1)]);
        Assert.Equal([Key(1), Key(3)], wanted.Chosen().Keys.OrderBy(static key => key.Port));
        Assert.Equal([Key(1), Key(2), Key(3)], wanted.Closely.OrderBy(static key => key.Port));
        Assert.False(wanted.IsAsBefore(Key(1)));
        Assert.Empty(wanted.Takeable);
    }

    [Fact]
    public void Later_changes_stand_on_top_of_earlier_ones()
    {
        var wanted = new WantedServices(Before).With(Changes((3, Three), (1, null)), NoKeys, false).With(Changes((3, null), (1, One)), NoKeys, false);
        Assert.Equal(2, wanted.Count);
        Assert.Equal((One, null), (wanted.Find(Key(1)), wanted.Find(Key(3))));
    }

    [Fact]
    public void What_somebody_asked_to_put_right_is_looked_at_closely_and_stays_as_it_is()
    {
        var wanted = new WantedServices(Before).With(Changes(), new HashSet<IpvsServiceKey> { Key(2) }, false);
        Assert.Equal((true, false), (wanted.IsAsBefore(Key(1)), wanted.IsAsBefore(Key(2))));
        Assert.Equal([Key(2)], wanted.Chosen().Keys);
        Assert.Empty(wanted.Changed);
    }

    [Fact]
    public void To_adopt_means_what_changes_and_all_before()
    {
        var wanted = new WantedServices(Before).With(Changes((3, Three)), NoKeys, true);
        Assert.Equal([Key(1), Key(2), Key(3)], wanted.Takeable.OrderBy(static key => key.Port));
        Assert.Equal(wanted.Takeable, wanted.With(Changes((4, Service(4))), NoKeys, false).Takeable);
    }

    [Fact]
    public void The_services_of_a_rule_are_those_it_has_after_the_change()
    {
        var wanted = new WantedServices(Before).With(Changes((3, Three)), NoKeys, false);
        var rules = new HashSet<string> { "r1", "r3", "r4" };
        Assert.Equal([Key(1), Key(3), Key(4)], wanted.ServicesOf(rules, Changes((4, Service(4)))).OrderBy(static key => key.Port));
        Assert.Equal([Key(1)], wanted.ServicesOf(rules, Changes((3, null), (2, Two))));
        Assert.Equal([Key(1), Key(2), Key(3)], wanted.ServicesOf(rules, Changes((2, Two with { Rule = "r1" }))).OrderBy(static key => key.Port));
        Assert.Empty(wanted.ServicesOf(new HashSet<string>(), Changes()));
    }

    private static Dictionary<IpvsServiceKey, VirtualService?> Changes(params (int Number, VirtualService? Service)[] changes) => changes.ToDictionary(static change => Key(change.Number), static change => change.Service);

    private static IpvsServiceKey Key(int number) => IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, System.Net.IPAddress.Parse("192.0.2.1"), (ushort)number);

    private static VirtualService Service(int number) => new() { Rule = $"r{number}", Service = new IpvsService { Key = Key(number) }, Destinations = [] };
}
