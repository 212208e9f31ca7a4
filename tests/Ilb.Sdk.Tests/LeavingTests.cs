using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb.Tests;

/// <summary>What is not asked for any more but still has connections, beside what is asked for.</summary>
public sealed class LeavingTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    private static readonly ServerGroup Group = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3:8080") }.WithNumbers();

    private static readonly Rule Rule = new()
    {
        Name = "web",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "web",
    };

    private static readonly IpvsServiceKey Key = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 80);
    private static readonly IpvsServiceKey OtherKey = IpvsServiceKey.ForAddress(IpvsProtocol.Tcp, IPAddress.Parse("192.0.2.1"), 81);

    [Fact]
    public void A_service_nobody_asks_for_stands_alone_with_its_leavers_which_get_nothing_new()
    {
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: true, 1, 2));
        var alone = leaving.Over(Key, null)!;
        Assert.Equal(("web", Key), (alone.Rule, alone.Service.Key));
        Assert.Equal("1:0 2:0", Text(alone));
        Assert.Null(leaving.Over(OtherKey, null));
    }

    [Fact]
    public void Leavers_stand_beside_those_that_are_asked_for_and_are_told_from_them_again()
    {
        var asked = Asked(0, 3);
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: false, 1, 2));
        var both = leaving.Over(Key, asked)!;
        Assert.Equal("0:1 3:1 1:0 2:0", Text(both));
        Assert.Equal(asked, leaving.Under(Key, both));
        Assert.Same(asked, leaving.Over(OtherKey, asked));
        Assert.Same(asked, leaving.Under(OtherKey, asked));
        Assert.Null(leaving.Under(Key, null));
        Assert.Null(Leaving.Nothing.With(Key, Service(isWhole: true, 1)).Under(Key, both));
    }

    [Fact]
    public void Who_is_asked_for_does_not_leave()
    {
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: true, 1, 2));
        Assert.Same(leaving, leaving.Fitted(Key, null));
        Assert.Same(leaving, leaving.Fitted(OtherKey, Asked(1)));
        Assert.Equal(Service(isWhole: false, 2), leaving.Fitted(Key, Asked(1)).Find(Key));
        Assert.Null(leaving.Fitted(Key, Asked(1, 2)).Find(Key));
        Assert.Equal(Service(isWhole: true, 2), leaving.Fitted(Key, Asked(1)).Fitted(Key, null).Find(Key));
    }

    [Fact]
    public void What_stays_the_same_is_the_same_object()
    {
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: false, 1, 2));
        Assert.Same(leaving, leaving.With(Key, Service(isWhole: false, 1, 2)));
        Assert.Same(leaving, leaving.With(OtherKey, null));
        Assert.Same(leaving, leaving.Keeping(Key, static _ => true));
        Assert.Same(leaving, leaving.Keeping(OtherKey, static _ => false));
        Assert.Same(leaving.Find(Key), leaving.Find(Key)!.Keeping(static _ => true));
        var drained = Case(Rule with { ConnectionDrain = DrainTime });
        Assert.Same(drained.Rule, Leaving.Nothing.Candidates(drained, DrainTime, Asked(0), Now)!.Leavers[0].Rule);
        Assert.Same(leaving, leaving.NotAhead(Now));
    }

    [Fact]
    public void A_service_without_leavers_is_gone_and_each_is_asked_once()
    {
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: false, 1, 2));
        var asked = new List<uint>();
        var kept = leaving.Keeping(Key, leaver =>
        {
            asked.Add(leaver.Id.Number);
            return leaver.Id.Number == 2;
        });
        Assert.Equal(Service(isWhole: false, 2), kept.Find(Key));
        Assert.Equal([1u, 2u], asked);
        var none = leaving.Keeping(Key, static _ => false);
        Assert.True(none.IsEmpty);
        Assert.Equal((0, 1), (none.Count, leaving.Count));
    }

    [Fact]
    public void Only_those_ahead_of_a_clock_that_was_set_back_begin_again()
    {
        var (before, ahead) = (Leaver(1), Leaver(2) with { Since = Now.AddHours(1), Deadline = Now.AddHours(1) + DrainTime });
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: false, 1) with { Leavers = [before, ahead] }).With(OtherKey, Service(isWhole: true, 3));
        var set = leaving.NotAhead(Now);
        Assert.Equal([before, ahead with { Since = Now, Deadline = Now + DrainTime }], set.Find(Key)!.Leavers);
        Assert.Same(leaving.Find(OtherKey), set.Find(OtherKey));
    }

    [Fact]
    public void A_comparison_finds_the_services_of_which_something_else_leaves()
    {
        var (one, two, three) = (Service(isWhole: false, 1), Service(isWhole: false, 2), Service(isWhole: true, 3));
        var before = Leaving.Nothing.With(Key, one).With(OtherKey, three);
        var after = before.With(Key, two);
        Assert.Empty(Leaving.Compare(before, before));
        Assert.Equal([(Key, one, two)], Leaving.Compare(before, after));
        Assert.Equal([(Key, one, null)], Leaving.Compare(before, before.With(Key, null)));
        Assert.Equal([(Key, null, two)], Leaving.Compare(before.With(Key, null), after));
        Assert.Empty(before.Since(before));
        Assert.Equal([(Key, one, two)], after.Since(before));
        Assert.Equal([(Key, null, two)], after.Since(before.With(Key, null)));
        Assert.Empty(before.With(Key, null).Since(before));
    }

    [Fact]
    public void Each_server_that_the_service_has_is_a_candidate_with_its_time()
    {
        var service = Leaving.Nothing.Candidates(Case(Rule), DrainTime, Asked(0, 1), Now)!;
        Assert.Equal((false, Rule), (service.IsWhole, service.Rule));
        Assert.Equal([Leaver(0), Leaver(1)], service.Leavers);
        Assert.All(Leaving.Nothing.Candidates(Case(Rule), TimeSpan.Zero, Asked(0), Now)!.Leavers, static leaver => Assert.Null(leaver.Deadline));
        Assert.Null(Leaving.Nothing.Candidates(Case(Rule), DrainTime, Asked(), Now));
    }

    [Fact]
    public void Who_leaves_already_keeps_its_time_and_is_no_candidate_again()
    {
        var earlier = Leaver(1) with { Since = Now.AddSeconds(-20), Deadline = Now.AddSeconds(10) };
        var leaving = Leaving.Nothing.With(Key, Service(isWhole: false, 1) with { Leavers = [earlier] });
        Assert.Equal([earlier, Leaver(0)], leaving.Candidates(Case(Rule), DrainTime, Asked(0, 1), Now)!.Leavers);
    }

    [Fact]
    public void The_time_of_one_without_new_connections_has_begun_when_it_lost_them()
    {
        var begun = Now.AddSeconds(-20);
        var drained = Case(Rule) with { Runtime = RuleRuntime.None.WithDrain(0, begun).WithDrain(1, begun) };
        var idle = Asked(0, 1);
        idle = idle with { Destinations = [idle.Destinations[0] with { Weight = 0 }, idle.Destinations[1]] };
        Assert.Equal([begun, Now], Leaving.Nothing.Candidates(drained, DrainTime, idle, Now)!.Leavers.Select(static leaver => leaver.Since));
        // As a sorry server it may have got some all the same.
        var sorry = drained with { Group = Group with { Name = "none", Servers = [] }, Sorry = Group };
        Assert.Equal([Now, Now], Leaving.Nothing.Candidates(sorry, DrainTime, idle, Now)!.Leavers.Select(static leaver => leaver.Since));
    }

    [Fact]
    public void Of_UDP_without_a_deadline_nobody_leaves_but_those_that_left_before()
    {
        var udp = Case(Rule with { Protocol = Protocol.Udp });
        Assert.Null(Leaving.Nothing.Candidates(udp, TimeSpan.Zero, Asked(0), Now));
        var known = Service(isWhole: true, 3);
        Assert.Same(known, Leaving.Nothing.With(Key, known).Candidates(udp, TimeSpan.Zero, Asked(0), Now));
    }

    [Fact]
    public void A_server_that_leaves_several_services_of_a_rule_is_told_once_with_all_its_connections()
    {
        var services = new Dictionary<IpvsServiceKey, IReadOnlyList<IpvsDestinationState>> { [Key] = [State(2, 10), State(0, 1)], [OtherKey] = [State(3, 20)] };
        var reader = new DrainReader(services.GetValueOrDefault, withEnded: false);
        reader.Read(Key, Service(isWhole: false, 0, 1));
        reader.Read(OtherKey, Service(isWhole: false, 0));
        reader.Read(IpvsServiceKey.ForFirewallMark(1), Service(isWhole: false, 0));
        var draining = Assert.Single(reader.Servers);
        Assert.Equal(("_web.0", 5L, 30L, true), (draining.Server.ToString(), draining.ActiveConnections, draining.InactiveConnections, draining.IsLeaving));
        Assert.Equal((Now, Now + DrainTime), (draining.Since, draining.Deadline));
        var all = new DrainReader(services.GetValueOrDefault, withEnded: true);
        all.Read(Key, Service(isWhole: false, 0, 1));
        Assert.Equal(["_web.0", "_web.1"], all.Servers.Select(static server => server.Server.ToString()));

        // The first in its service is server 0, the second server 1.
        static IpvsDestinationState State(uint active, uint inactive) => new()
        {
            Destination = Compiler.Destination(Rule, Group.Servers[active == 0 ? 1 : 0], 8080, 0),
            ActiveConnections = active,
            InactiveConnections = inactive,
            PersistentConnections = 0,
            Statistics = default,
        };
    }

    private static RuleCase Case(Rule rule) => new() { Rule = rule, Group = Group };

    private static VirtualService Asked(params int[] servers)
    {
        var service = Assert.Single(Compiler.Compile(Case(Rule), Now));
        return service with { Destinations = servers.Select(server => service.Destinations[server]).ToValueList() };
    }

    private static LeavingService Service(bool isWhole, params int[] servers) => new() { Rule = Rule, IsWhole = isWhole, Leavers = servers.Select(Leaver).ToValueList() };

    private static Leaver Leaver(int server) => new()
    {
        Rule = Rule with { ConnectionDrain = DrainTime },
        Id = Group.IdOf(Group.Servers[server]),
        Server = Group.Servers[server],
        Port = 8080,
        Since = Now,
        Deadline = Now + DrainTime,
    };

    private static string Text(VirtualService service) => string.Join(' ', service.Destinations.Select(static destination => $"{destination.Address.GetAddressBytes()[3]}:{destination.Weight}"));
}
