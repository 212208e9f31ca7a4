using FsCheck.Xunit;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

public sealed class PlannerTests
{
    private static readonly HashSet<IpvsServiceKey> NoKeys = [];

    [Property(MaxTest = 200)]
    public void There_is_nothing_to_do_where_the_kernel_holds_what_is_wanted(int seed)
    {
        var wanted = Wanted(new Random(seed));
        Assert.True(Planner.Plan(wanted, Observe(wanted), wanted.Keys.ToHashSet(), NoKeys).IsEmpty);
    }

    [Property(MaxTest = 300)]
    public void A_plan_leads_to_what_is_wanted(int seed)
    {
        var random = new Random(seed);
        var (before, wanted, others) = (Wanted(random), Wanted(random), Wanted(random));
        foreach (var key in before.Keys.Concat(wanted.Keys))
            others.Remove(key);
        var there = before.Concat(others).ToDictionary();
        var kernel = Fill(there);
        var plan = Planner.Plan(wanted, Observe(there), before.Keys.ToHashSet(), NoKeys);
        foreach (var planned in plan.Operations)
            Assert.True(kernel.Do(planned.Operation), planned.Operation.ToString());
        Assert.Equal(Fill(wanted.Concat(others).ToDictionary()).Text, kernel.Text);
        Assert.Empty(plan.Clashes);
        Assert.Empty(plan.Adopted);
    }

    [Property(MaxTest = 300)]
    public void At_no_point_has_a_rule_fewer_able_servers_than_before_and_after(int seed)
    {
        var random = new Random(seed);
        var (before, wanted) = (Wanted(random), Wanted(random));
        var able = before.Values.ToDictionary(
            static service => service.Service.Key,
            static service => service.Destinations.Where(static destination => destination.Weight > 0).Select(static destination => (destination.Address, destination.Port)).ToHashSet());
        var served = before.Keys.Where(wanted.ContainsKey).ToDictionary(
            static key => key,
            key => Math.Min(able[key].Count, wanted[key].Destinations.Count(static destination => destination.Weight > 0)));
        foreach (var planned in Planner.Plan(wanted, Observe(before), before.Keys.ToHashSet(), NoKeys).Operations)
        {
            switch (planned.Operation)
            {
                case IpvsOperation.AddService add:
                    able.Add(add.Service.Key, []);
                    break;
                case IpvsOperation.AddDestination { Destination: { Weight: > 0 } destination } add:
                    able[add.Service].Add((destination.Address, destination.Port));
                    break;
                case IpvsOperation.UpdateDestination { Destination: { Weight: > 0 } destination } update:
                    able[update.Service].Add((destination.Address, destination.Port));
                    break;
                case IpvsOperation.UpdateDestination { Destination: var destination } update:
                    able[update.Service].Remove((destination.Address, destination.Port));
                    break;
                case IpvsOperation.RemoveDestination remove:
                    able[remove.Service].Remove((remove.Address, remove.Port));
                    break;
            }

            Assert.All(served, rule => Assert.True(able[rule.Key].Count >= rule.Value, $"{rule.Key} after {planned.Operation}"));
        }
    }

    [Property(MaxTest = 100)]
    public void Services_of_others_are_neither_changed_nor_removed(int seed, bool isMemoryLost)
    {
        var random = new Random(seed);
        var (others, wanted) = (Wanted(random), Wanted(random));
        var plan = Planner.Plan(wanted, Observe(others), NoKeys, isMemoryLost ? wanted.Keys.ToHashSet() : NoKeys);
        Assert.All(plan.Operations, planned => Assert.False(others.ContainsKey(KeyOf(planned.Operation))));
        Assert.Equal(wanted.Keys.Where(others.ContainsKey).ToHashSet(), plan.Clashes.Concat(plan.Adopted).Select(static service => service.Service.Key).ToHashSet());
        Assert.True(isMemoryLost || plan.Adopted.Count == 0);
        Assert.All(plan.Adopted, adopted => Assert.True(others[adopted.Service.Key].Destinations.ToHashSet().SetEquals(adopted.Destinations)));
    }

    [Fact]
    public void A_service_of_others_is_taken_over_where_asked_if_it_has_the_same_servers()
    {
        var wanted = Compiler.Compile(Site());
        var (key, service) = wanted.Single();
        var others = service with { Destinations = service.Destinations.Select(static destination => destination with { Weight = 9, UpperThreshold = 8, LowerThreshold = 7 }).ToValueList() };
        var fewer = service with { Destinations = [service.Destinations[0]] };
        Assert.Equal((0, 1, 2), Counts(Plan(others, NoKeys, wanted.Keys.ToHashSet())));
        Assert.Equal((1, 0, 0), Counts(Plan(others, NoKeys, null)));
        Assert.Equal((1, 0, 0), Counts(Plan(fewer, NoKeys, wanted.Keys.ToHashSet())));
        // Without being asked only one that is exactly as wanted.
        Assert.Equal((0, 1, 0), Counts(Plan(service, wanted.Keys.ToHashSet(), null)));
        Assert.Equal((1, 0, 0), Counts(Plan(others, wanted.Keys.ToHashSet(), null)));
        Assert.Equal((1, 0, 0), Counts(Plan(service with { Service = service.Service with { Scheduler = "sh" } }, wanted.Keys.ToHashSet(), null)));

        Plan Plan(VirtualService found, IReadOnlySet<IpvsServiceKey> adoptable, IReadOnlySet<IpvsServiceKey>? takeable) => Planner.Plan(
            wanted, Observe(new Dictionary<IpvsServiceKey, VirtualService> { [key] = found }), NoKeys, adoptable, takeable);

        static (int Clashes, int Adopted, int Operations) Counts(Plan plan) => (plan.Clashes.Count, plan.Adopted.Count, plan.Operations.Count);
    }

    [Fact]
    public void Where_nobody_looked_at_servers_they_are_known_to_be_right_but_not_the_same_as_those_of_others()
    {
        var wanted = Compiler.Compile(Site());
        var (key, service) = wanted.Single();
        var found = new Observation { Service = service.Service, Destinations = null };
        Assert.False(Planner.HasSameServers(service, found));
        var plan = Planner.Plan(wanted, new Dictionary<IpvsServiceKey, Observation> { [key] = found }, NoKeys, wanted.Keys.ToHashSet());
        Assert.Equal((0, 1, 0), (plan.Clashes.Count, plan.Adopted.Count, plan.Operations.Count));
        Assert.Equal([key], plan.Made);
        Assert.False(plan.IsEmpty);
    }

    [Fact]
    public void First_comes_what_adds_or_raises_then_what_falls_then_servers_that_leave_then_services()
    {
        var before = Compiler.Compile(Site());
        var (key, service) = before.Single();
        var old = service with { Destinations = [service.Destinations[0] with { Weight = 5 }, service.Destinations[1] with { Address = System.Net.IPAddress.Parse("10.0.0.9") }] };
        var gone = IpvsServiceKey.ForFirewallMark(9);
        var found = Observe(new Dictionary<IpvsServiceKey, VirtualService> { [key] = old, [gone] = service with { Service = service.Service with { Key = gone } } });
        var plan = Planner.Plan(before, found, new HashSet<IpvsServiceKey> { key, gone }, NoKeys);
        Assert.Equal(
            ["AddDestination web", "UpdateDestination web", "RemoveDestination web", "RemoveService "],
            plan.Operations.Select(static planned => $"{planned.Operation.GetType().Name} {planned.Rule}"));
        Assert.Equal([key, key, key, gone], plan.Operations.Select(static planned => planned.Service));
        Assert.Empty(plan.Made);
    }

    [Fact]
    public void A_change_of_one_server_is_one_operation()
    {
        var before = Compiler.Compile(Site());
        var wanted = Compiler.Compile(new DisableServers { Servers = [ServerId.Parse("_web.1")] }.ApplyTo(Site()));
        var step = Assert.Single(Planner.Plan(wanted, Observe(before), before.Keys.ToHashSet(), NoKeys).Operations);
        Assert.Equal("update destination 10.0.0.2:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 0)", StepText.Describe(step).ToString());
    }

    [Fact]
    public void Of_a_service_that_is_known_to_be_right_only_what_was_seen_is_compared()
    {
        var wanted = Compiler.Compile(Site());
        var observed = Observe(wanted).ToDictionary(static pair => pair.Key, static pair => pair.Value with { Destinations = null });
        Assert.True(Planner.Plan(wanted, observed, wanted.Keys.ToHashSet(), NoKeys).IsEmpty);
    }

    [Fact]
    public void Ours_that_is_neither_wanted_nor_there_is_forgotten()
    {
        var wanted = Compiler.Compile(Site());
        var plan = Planner.Plan(new Dictionary<IpvsServiceKey, VirtualService>(), new Dictionary<IpvsServiceKey, Observation>(), wanted.Keys.ToHashSet(), NoKeys);
        Assert.Equal(wanted.Keys, plan.Vanished);
        Assert.Empty(plan.Operations);
    }

    [Fact]
    public void Steps_are_told_in_words()
    {
        var wanted = Compiler.Compile(Site());
        var plan = Planner.Plan(wanted, new Dictionary<IpvsServiceKey, Observation>(), NoKeys, NoKeys);
        Assert.Equal(
            """
            add service TCP 192.0.2.1:80 (wrr)
            add destination 10.0.0.1:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)
            add destination 10.0.0.2:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1)
            """,
            string.Join('\n', Reconciler.Describe(plan)));
    }

    [Fact]
    public void Each_change_in_place_is_seen_in_the_words_of_its_step()
    {
        var site = Site();
        var rule = site.FindRule("web")!;
        Assert.Equal(
            [
                "update service TCP 192.0.2.1:80 (wrr, sticky for 60 s)",
                "update service TCP 192.0.2.1:80 (wrr, sticky for 300 s, pmask /24)",
                "update service TCP 192.0.2.1:80 (mh, fallback)",
                "update service TCP 192.0.2.1:80 (sh, fallback, hash-port)",
            ],
            ((Rule[])
            [
                rule with { Persistence = new Persistence() },
                rule with { Persistence = new Persistence { PrefixLength = 24, Timeout = TimeSpan.FromMinutes(5) } },
                rule with { Algorithm = Algorithm.HashIp },
                rule with { Algorithm = Algorithm.SourceHashing, Fallback = true, HashPort = true },
            ]).Select(changed => Steps(site, site with { Rules = [changed] })));
        var group = site.FindServerGroup("web")!;
        Assert.Equal(
            "update destination 10.0.0.1:8080 of service TCP 192.0.2.1:80 (HALF-NAT, weight 1, connections at most 10, again below 5)",
            Steps(site, site with { ServerGroups = [group with { Servers = [group.Servers[0] with { MaximumConnections = 10, MinimumConnections = 5 }, group.Servers[1]] }] }));
    }

    [Fact]
    public void The_words_of_a_step_name_the_tunnel()
    {
        var site = new CreateServerGroup { ServerGroup = new ServerGroup { Name = "sip", Servers = ServerSpec.Parse("10.0.0.1") } }.ApplyTo(Configuration.Empty);
        var rule = new Rule
        {
            Name = "sip",
            Enabled = true,
            Vip = NumericAddress.Parse("192.0.2.1"),
            Ports = 5060,
            Protocol = Protocol.Udp,
            Topology = Topology.Tun,
            ServerGroup = "sip",
            Tunnel = new Tunnel { Kind = TunnelKind.Gue, Port = 6080, Checksum = TunnelChecksum.Remote },
            Persistence = new Persistence { Engine = PersistenceEngine.Sip },
            OnePacket = true,
        };
        var plan = Planner.Plan(Compiler.Compile(site with { Rules = [rule] }), new Dictionary<IpvsServiceKey, Observation>(), NoKeys, NoKeys);
        Assert.Equal(
            """
            add service UDP 192.0.2.1:5060 (wrr, sticky for 60 s, pe sip, ops)
            add destination 10.0.0.1:5060 of service UDP 192.0.2.1:5060 (TUN gue:6080, checksum remote, weight 1)
            """,
            string.Join('\n', Reconciler.Describe(plan)));
    }

    private static string Steps(Configuration before, Configuration after)
    {
        var kernel = Compiler.Compile(before);
        return string.Join('\n', Reconciler.Describe(Planner.Plan(Compiler.Compile(after), Observe(kernel), kernel.Keys.ToHashSet(), NoKeys)));
    }

    internal static Configuration Site()
    {
        var site = new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.1-10.0.0.2:8080") } }.ApplyTo(Configuration.Empty);
        return new CreateRule
        {
            Rule = new Rule { Name = "web", Vip = NumericAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web" },
        }.ApplyTo(site);
    }

    private static Dictionary<IpvsServiceKey, VirtualService> Wanted(Random random) => Compiler.Compile(Generate.Configuration(random));

    private static Dictionary<IpvsServiceKey, Observation> Observe(Dictionary<IpvsServiceKey, VirtualService> services) => services.ToDictionary(
        static pair => pair.Key,
        static pair => new Observation { Service = pair.Value.Service, Destinations = pair.Value.Destinations });

    private static InMemoryIpvs Fill(Dictionary<IpvsServiceKey, VirtualService> services)
    {
        var ipvs = new InMemoryIpvs();
        foreach (var planned in Planner.Plan(services, new Dictionary<IpvsServiceKey, Observation>(), NoKeys, NoKeys).Operations)
            Assert.True(ipvs.Do(planned.Operation));
        return ipvs;
    }

    private static IpvsServiceKey KeyOf(IpvsOperation operation) => operation switch
    {
        IpvsOperation.AddService add => add.Service.Key,
        IpvsOperation.AddDestination add => add.Service,
        _ => throw new ArgumentException($"{operation} is not expected", nameof(operation)),
    };
}
