using System.Net;
using Ilb.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ilb.Tests;

public sealed class ProductProberTests : ProbeTest
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task It_gets_the_server_and_its_word_counts()
    {
        ProbeContext? got = null;
        var target = new ProbeTarget { Server = IPAddress.Parse("10.0.0.11"), Vip = IPAddress.Parse("192.0.2.1"), Protocol = Protocol.Udp, Topology = Topology.Dsr };
        var outcome = await RunAsync(Make((context, _) =>
        {
            got = context;
            return Task.FromResult(ProbeResult.Alive(TimeSpan.FromMilliseconds(7)));
        }), new Probe(new ProductTest { Probe = "own" }, target, 8080, TimeSpan.FromSeconds(3)));
        Assert.Equal(ProbeOutcome.Alive(TimeSpan.FromMilliseconds(7)), outcome);
        Assert.Equal(
            new ProbeContext { Address = target.Server, Port = 8080, Vip = target.Vip, Protocol = Protocol.Udp, Topology = Topology.Dsr, Timeout = TimeSpan.FromSeconds(3), Logger = got!.Logger },
            got);
        Assert.Equal("the queue is full", await RunAsync((_, _) => Task.FromResult(ProbeResult.Dead("the queue is full"))));
        // A time that it did not measure is ours.
        Assert.NotNull((await RunAsync(Make((_, _) => Task.FromResult(ProbeResult.Alive())), new ProductTest { Probe = "own" }, 80)).Event.RoundTrip);
    }

    [Fact]
    public async Task What_it_throws_is_a_reason()
    {
        Assert.Equal("probe 'own' failed: no such queue", await RunAsync((_, _) => throw new InvalidOperationException("no such queue")));
        Assert.Equal("probe 'own' failed: later", await RunAsync(async (_, _) =>
        {
            await Task.Yield();
            throw new InvalidOperationException("later\nwith a second line");
        }));
        Assert.Equal("probe 'own' returned nothing", await RunAsync((_, _) => Task.FromResult<ProbeResult>(null!)));
        Assert.StartsWith("probe 'own' failed: ", await RunAsync((_, _) => throw new OperationCanceledException()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_hangs_is_given_up_when_its_time_is_over()
    {
        using var release = new ManualResetEventSlim();
        Assert.Equal("timed out after 200 ms in probe 'own'", await RunAsync((_, _) => new TaskCompletionSource<ProbeResult>().Task, Short));
        Assert.Equal("timed out after 200 ms in probe 'own'", await RunAsync(
            (_, _) =>
            {
                release.Wait(CancellationToken.None);
                return Task.FromResult(ProbeResult.Alive());
            },
            Short));
        Assert.Equal("timed out after 200 ms in probe 'own'", await RunAsync(
            async (_, stop) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                return ProbeResult.Alive();
            },
            Short));
        release.Set();
    }

    [Fact]
    public async Task Many_that_block_at_once_hold_up_nothing_else()
    {
        using var release = new ManualResetEventSlim();
        var begun = 0;
        var prober = Make(async (_, _) =>
        {
            // Before it waits for something, and after.
            if (Interlocked.Increment(ref begun) % 2 == 0)
                await Task.Yield();
            release.Wait(CancellationToken.None);
            return ProbeResult.Alive();
        });
        var test = new ProductTest { Probe = "own" };
        var blocked = Task.WhenAll(Enumerable.Range(0, 200).Select(_ => RunAsync(prober, test, 80, TimeSpan.FromMinutes(2))));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref begun) == 200, TimeSpan.FromSeconds(20)));
        await Task.Run(static () => { }).WaitAsync(TimeLimit.FromSeconds(20), TimeProvider.System);
        release.Set();
        Assert.All(await blocked, static outcome => Assert.True(outcome.IsAlive));
    }

    [Fact]
    public async Task One_that_keeps_hanging_is_not_called_any_more_and_servers_stay_as_they_are()
    {
        var hang = new TaskCompletionSource<ProbeResult>();
        var calls = 0;
        var prober = Make((_, _) =>
        {
            Interlocked.Increment(ref calls);
            return hang.Task;
        });
        var test = new ProductTest { Probe = "own" };
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => RunAsync(prober, test, 80, Short)));
        Assert.Equal("not run: probe 'own' hangs: 64 of its runs did not end when their time was over", (await RunAsync(prober, test, 80)).ToString());
        Assert.Equal(64, calls);
        hang.SetResult(ProbeResult.Alive());
        Assert.Equal("alive", (await RunAsync(prober, test, 80)).ToString());
    }

    [Fact]
    public void Registered_ones_are_found_by_their_name_and_others_are_named()
    {
        var options = new LoadBalancerOptions { Probes = { ["own"] = new Lambda((_, _) => Task.FromResult(ProbeResult.Alive())) } };
        Assert.Empty(options.Validate());
        using var probers = new Probers(new ProbeNetwork(), TimeProvider.System, new HealthLimits(), options.Probes, NullLoggerFactory.Instance);
        Assert.IsType<ProductProber>(probers.For(new ProductTest { Probe = "own" }));
        Assert.Equal("no probe 'other' is registered: there are own", Assert.Throws<InvalidOperationException>(() => probers.For(new ProductTest { Probe = "other" })).Message);
        options.Probes["a b"] = options.Probes["own"];
        Assert.StartsWith("probe 'a b': a name has", Assert.Single(options.Validate()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_test_has_a_prober()
    {
        using var probers = new Probers(new ProbeNetwork(), TimeProvider.System, new HealthLimits(), [new("own", new Lambda((_, _) => Task.FromResult(ProbeResult.Alive())))], NullLoggerFactory.Instance);
        HealthTest[] tests =
        [
            new PingTest(), new TcpTest(), new UdpTest(), new SctpTest(), new HttpTest(), new HttpsTest(), new TlsTest(), new DnsTest { Query = "." }, new SmtpTest(), new GrpcTest(),
            new ScriptTest { Path = "/bin/true" }, new ProductTest { Probe = "own" },
        ];
        Assert.Equal(Enum.GetValues<HealthTestKind>(), tests.Select(static test => test.Kind));
        Assert.All(tests, test => Assert.NotNull(probers.For(test)));
        Assert.Same(probers.For(new PingTest()), probers.For(new TcpTest()));
    }

    private async Task<string> RunAsync(Func<ProbeContext, CancellationToken, Task<ProbeResult>> probe, TimeSpan? timeout = null) =>
        (await RunAsync(Make(probe), new ProductTest { Probe = "own" }, 80, timeout)).ToString();

    private ProductProber Make(Func<ProbeContext, CancellationToken, Task<ProbeResult>> probe) => Use(new ProductProber("own", new Lambda(probe), NullLogger.Instance));

    private sealed class Lambda(Func<ProbeContext, CancellationToken, Task<ProbeResult>> probe) : IHealthProbe
    {
        public Task<ProbeResult> ProbeAsync(ProbeContext context, CancellationToken cancellationToken) => probe(context, cancellationToken);
    }
}
