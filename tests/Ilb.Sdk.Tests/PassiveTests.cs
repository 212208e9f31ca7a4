using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Servers that get connections and send nothing back, as the kernel counts it.</summary>
public sealed class PassiveTests : IDisposable
{
    private static readonly ServerGroup Web = new() { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.3:8080") };

    private static readonly Rule WebRule = new()
    {
        Name = "web",
        Vip = IPAddress.Parse("192.0.2.1"),
        Ports = 80,
        Topology = Topology.HalfNat,
        ServerGroup = "web",
        Passive = new PassiveDetection { Connections = 10, Hold = TimeSpan.FromSeconds(30) },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedServers _servers;

    public PassiveTests() => _servers = new SimulatedServers(_time) { IsNoted = false };

    public void Dispose() => _folder.Dispose();

    // Each word is a reading, 2 s after the one before: connections so far, and packets that came back so far.
    [Theory]
    [InlineData("0/0 10/0 10/0 10/0", "no answer to 10 in 6")]
    [InlineData("0/0 9/0 9/0 9/0 9/0", "")]
    [InlineData("0/0 4/0 9/0 12/0 14/0 20/0", "no answer to 20 in 10")]
    [InlineData("0/0 0/0 0/0 50/0 50/0 50/0", "no answer to 50 in 6")] // from the last reading before them on
    [InlineData("5/9 15/9 15/9 15/9", "no answer to 10 in 6")]
    [InlineData("0/0 10/0 10/1 10/1 10/1", "")] // the answers came a little later
    [InlineData("0/0 10/0 10/0 99/1 99/1", "")]
    [InlineData("0/0 10/0 0/0 9/0 9/0 9/0", "")] // counted anew
    [InlineData("0/5 10/3 10/3 10/3 10/3", "")]
    [InlineData("0/0 10/9 20/9 20/9 20/9", "no answer to 10 in 6")]
    [InlineData("0/0 0/0 0/0 0/0 0/0", "")]
    public void A_server_is_silent_where_enough_connections_had_no_answer_for_long_enough(string readings, string finding)
    {
        PassiveState? state = null;
        var now = TimeSpan.FromHours(1);
        var found = "";
        foreach (var reading in readings.Split(' ').Select(static word => word.Split('/')))
        {
            var count = new PassiveCount(ulong.Parse(reading[0], System.Globalization.CultureInfo.InvariantCulture), ulong.Parse(reading[1], System.Globalization.CultureInfo.InvariantCulture));
            var next = state?.Next(count, 10, now) ?? PassiveState.First(count, now);
            if (next.Finding == PassiveFinding.Silent)
                found = $"no answer to {next.Unanswered} in {(now - next.Since).TotalSeconds}";
            state = next;
            now += TimeSpan.FromSeconds(2);
        }

        Assert.Equal(finding, found);
    }

    [Fact]
    public async Task A_silent_server_is_out_for_a_while_and_longer_when_it_is_silent_again()
    {
        await using var balancer = await OpenAsync(WebRule);
        await SilentAsync(balancer, 1);
        Assert.Equal("1011", Weights());
        var said = (await balancer.GetStateAsync()).Rules[0].Servers[1].Health!;
        Assert.Equal((ServerHealth.Dead, VerdictSource.Passive, "no answer to 12 connections in 6 s"), (said.Status, said.Source, said.Reason));
        foreach (var seconds in (int[])[30, 60, 120, 240, 480, 480])
        {
            await PassAsync(balancer, seconds - 1);
            Assert.Equal("1011", Weights());
            await PassAsync(balancer, 1);
            Assert.Equal("1111", Weights());
            Assert.Null((await balancer.GetStateAsync()).Rules[0].Servers[1].Health);
            await SilentAsync(balancer, 1);
            Assert.Equal("1011", Weights());
        }

        // Once it was heard of, all is forgotten.
        Count(1, 0, 5);
        await PassAsync(balancer, 4);
        Assert.Equal("1111", Weights());
        Assert.True(Remembered().IsEmpty);
        await SilentAsync(balancer, 1);
        await PassAsync(balancer, 30);
        Assert.Equal("1111", Weights());
    }

    [Fact]
    public async Task It_comes_back_by_slow_start_where_that_is_set()
    {
        await using var balancer = await OpenAsync(WebRule with { SlowStart = TimeSpan.FromSeconds(20) });
        await SilentAsync(balancer, 1);
        await PassAsync(balancer, 30);
        Assert.Equal("10 1 10 10", Weights(" "));
        await PassAsync(balancer, 20);
        Assert.Equal("10 10 10 10", Weights(" "));
    }

    [Fact]
    public async Task A_check_that_succeeds_brings_it_back_at_once()
    {
        await using var balancer = await OpenAsync(WebRule with { Health = new RuleHealth { Check = "tcp" }, Passive = new PassiveDetection { Connections = 10, Hold = TimeSpan.FromHours(5) } });
        _servers.IsHeld = true;
        await PassAsync(balancer, 50);
        await SilentAsync(balancer, 1);
        await PassAsync(balancer, 200);
        Assert.Equal("1011", Weights());
        _servers.IsHeld = false;
        _servers.Release();
        await PassAsync(balancer, 2);
        Assert.Equal("1111", Weights());
    }

    [Fact]
    public async Task Never_all_are_out_by_it()
    {
        await using var balancer = await OpenAsync(WebRule);
        await SilentAsync(balancer, 0, 1, 2);
        Assert.Equal("0001", Weights());
        await SilentAsync(balancer, 3);
        Assert.Equal("1111", Weights());
        Count(2, 1, 5);
        await PassAsync(balancer, 4);
        Assert.Equal("0010", Weights());
        // The last one goes by another word: then one that is only silent is better than none.
        await balancer.JudgeAsync(new OutsideVerdict { Servers = [Id(2)], Word = OutsideWord.Dead });
        Assert.Equal("1101", Weights());
    }

    [Fact]
    public async Task Only_rules_that_ask_for_it_are_read_once_an_interval()
    {
        await using var balancer = await OpenAsync(WebRule);
        await balancer.CreateRuleAsync(WebRule with { Name = "other", Ports = 81, Passive = null });
        await PassAsync(balancer, 2);
        var reads = _ipvs.DestinationReads;
        await PassAsync(balancer, 20);
        Assert.Equal(10, _ipvs.DestinationReads - reads);
        await balancer.SetRuleAsync(new SetRule { Name = "web", Reset = ["passive"] });
        reads = _ipvs.DestinationReads;
        await PassAsync(balancer, 20);
        Assert.Equal(0, _ipvs.DestinationReads - reads);
    }

    [Fact]
    public async Task What_was_found_outlives_a_restart_and_goes_with_the_option()
    {
        await using (var first = await OpenAsync(WebRule))
            await SilentAsync(first, 1);
        _time.Advance(TimeSpan.FromSeconds(10));
        await using var second = await OpenAsync(null);
        Assert.Equal("1011", Weights());
        await PassAsync(second, 20);
        Assert.Equal("1111", Weights());
        await SilentAsync(second, 1);
        await second.SetRuleAsync(new SetRule { Name = "web", Reset = ["passive"] });
        Assert.Equal("1111", Weights());
    }

    [Fact]
    public async Task Where_the_counters_cannot_be_read_it_goes_on_later()
    {
        await using var balancer = await OpenAsync(WebRule);
        _ipvs.Broken = new IlbException(IlbErrorCode.Timeout, "a call hangs");
        await PassAsync(balancer, 10);
        _ipvs.Broken = null;
        await SilentAsync(balancer, 1);
        Assert.Equal("1011", Weights());
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private void Count(byte server, uint connections, uint answers)
    {
        var key = (new IPAddress([10, 0, 0, server]), (ushort)8080);
        var before = _ipvs.Counted.GetValueOrDefault(key);
        _ipvs.Counted[key] = new IpvsStatistics { Connections = before.Connections + connections, OutgoingPackets = before.OutgoingPackets + answers };
    }

    private async Task SilentAsync(LoadBalancer balancer, params byte[] servers)
    {
        foreach (var server in servers)
            Count(server, 12, 0);
        await PassAsync(balancer, 6);
    }

    private Task PassAsync(LoadBalancer balancer, int seconds) => _time.PassAsync(balancer, seconds);

    private RuleRuntime Remembered() => RuntimeState.Load(Directory.GetFiles(_folder.File("run"), "*.state").Single(), NetworkNamespaceLife.Read(null)).Runtime.Of("web");

    private string Weights(string between = "") => string.Join(between, _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[^3]));

    private async Task<LoadBalancer> OpenAsync(Rule? rule)
    {
        for (byte server = 0; server < 4; server++)
            Count(server, 0, 0);
        var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _time, AuditInterval = TimeSpan.FromDays(1) }, _ipvs, _servers);
        await balancer.ApplyAsync(rule is null ? [] : [new CreateServerGroup { ServerGroup = Web }, new CreateHealthCheck { HealthCheck = new HealthCheck { Name = "tcp", Test = new TcpTest() } }, new CreateRule { Rule = rule }]);
        await PassAsync(balancer, 2);
        return balancer;
    }
}
