using Ilb.Netlink.Ipvs;
using Ilb.Testing;

namespace Ilb.Tests;

/// <summary>Random changes, restarts, refusals and passing time: in the end the kernel holds what is asked for, and nothing of drains.</summary>
public sealed class DrainLeftoverTests : DrainFixture
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(20);

    [RandomWalk(20, 60)]
    public async Task Whatever_changes_nothing_is_left_of_drains_when_their_time_is_over(int seed)
    {
        // Each seed has a kernel of its own.
        using var own = new DrainLeftoverTests();
        await own.DrainAsync(new Random(seed));
    }

    private async Task DrainAsync(Random random)
    {
        _ipvs.Connections = static _ => (1, 0);
        (_around.Settings["net/ipv6/conf/all/forwarding"], _around.Settings["net/ipv4/vs/expire_quiescent_template"]) = ("0", "0");
        (_around.Settings["net/ipv4/vs/conn_reuse_mode"], _around.Settings["net/ipv4/conf/*/send_redirects"]) = ("1", "1");
        LoadBalancer Open(bool isDaemon) => TestBalancer.Create(_folder.Options with { KeepsKernel = isDaemon, TimeProvider = _time, AuditInterval = TimeSpan.FromSeconds(10) }, _ipvs, surroundings: _around);

        var balancer = Open(true);
        for (var i = 0; i < 40; i++)
        {
            var configuration = (await balancer.GetConfigurationAsync()).Configuration;
            var change = RandomChange.One(random, configuration) switch
            {
                CreateRule create => create with { Rule = Drained(create.Rule, random) },
                ReplaceAll replace => replace with { Configuration = replace.Configuration with { Rules = [.. replace.Configuration.Rules.Select(rule => Drained(rule, random))] } },
                var other => other,
            };
            if (await Record.ExceptionAsync(() => balancer.ApplyAsync([change])) is { } fault)
                Assert.IsType<IlbException>(fault);
            if (random.Next(3) == 0)
                _time.Advance(TimeSpan.FromSeconds(random.Next(1, 8)));
            if (random.Next(8) == 0)
                _ipvs.Refuse = random.Next(2) == 0 ? static _ => 0 : static operation => operation is IpvsOperation.RemoveDestination or IpvsOperation.UpdateDestination ? 12 : 0;
            if (random.Next(5) > 0)
                continue;
            await balancer.DisposeAsync();
            balancer = Open(random.Next(2) == 0);
        }

        await balancer.DisposeAsync();
        _ipvs.Refuse = static _ => 0;
        await using var last = Open(true);
        await last.ApplyAsync([]);
        await PassAsync(last, 130);

        var rules = Compilation.Compare(Configuration.Empty, (await last.GetConfigurationAsync()).Configuration, Runtime.None, default).Select(static change => change.After!).ToArray();
        var expected = new InMemoryIpvs();
        foreach (var service in rules.SelectMany(static rule => Compiler.Compile(rule, default(DateTimeOffset) + DrainTime)))
        {
            Assert.True(expected.Do(new IpvsOperation.AddService { Service = service.Service }));
            foreach (var destination in service.Destinations)
                Assert.True(expected.Do(new IpvsOperation.AddDestination { Service = service.Service.Key, Destination = destination }));
        }

        Assert.Equal(expected.Text, _ipvs.Text);
        Assert.Empty((await last.GetStateAsync()).Draining);
        var asked = rules.SelectMany(CompanionCompiler.Compile).Select(static companion => companion.Id).ToHashSet();
        Assert.Equal(asked.Where(static id => !id.StartsWith("timeout ", StringComparison.Ordinal)).Order(), _around.Objects.Where(pair => pair.Value switch
        {
            KernelSetting setting => setting.Value != _around.Settings[setting.Path],
            IdleTimeout => false,
            _ => true,
        }).Select(static pair => pair.Key).Order());
    }

    private static Rule Drained(Rule rule, Random random) => rule with
    {
        ConnectionDrain = DrainTime,
        Interface = random.Next(3) == 0 ? "eth0" : null,
        Persistence = random.Next(3) == 0 ? new Persistence { Timeout = TimeSpan.FromSeconds(60) } : null,
        OnDisable = random.Next(3) == 0 ? DisabledTraffic.Pass : DisabledTraffic.Refuse,
        Sorry = random.Next(3) == 0 ? new SorryGroup { ServerGroup = $"g{random.Next(4)}" } : null,
        NatTimeout = random.Next(4) == 0 && rule.Protocol != Protocol.Sctp ? TimeSpan.FromSeconds(random.Next(100, 104)) : null,
    };
}
