using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Somebody sets the clock of a machine while weights rise and words about servers are to end in time.</summary>
public sealed class ClockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryIpvs _ipvs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly MovableClock _clock;

    public ClockTests() => _clock = new MovableClock(_time);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public async Task A_word_that_ends_in_time_and_a_weight_that_rises_do_not_wait_for_a_clock_that_was_set(int days)
    {
        var servers = new SimulatedServers(_time) { IsNoted = false };
        await using var balancer = TestBalancer.Create(_folder.Options with { KeepsKernel = true, TimeProvider = _clock, AuditInterval = TimeSpan.FromDays(1) }, _ipvs, servers);
        await balancer.ApplyAsync(
        [
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.0-10.0.0.2:8080") } },
            new CreateRule { Rule = new Rule { Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web", SlowStart = TimeSpan.FromSeconds(40) } },
        ]);
        await _time.PassAsync(balancer, 50);
        Assert.Equal("10 10 10", Weights());
        await balancer.JudgeAsync(new OutsideVerdict { Servers = [Id(1)], Word = OutsideWord.Dead });
        await balancer.JudgeAsync(new OutsideVerdict { Servers = [Id(1)], Word = OutsideWord.Withdrawn });
        await balancer.JudgeAsync(new OutsideVerdict { Servers = [Id(2)], Word = OutsideWord.Dead, TimeToLive = TimeSpan.FromSeconds(30) });
        Assert.Equal("10 1 0", Weights());
        await _time.PassAsync(balancer, 2);
        _clock.Offset = TimeSpan.FromDays(days);
        await _time.PassAsync(balancer, 90);
        Assert.Equal("10 10 10", Weights());
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private string Weights() => string.Join(' ', _ipvs.Text.Split('\n').Where(static line => line.Contains(" -> ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[^3]));
}
