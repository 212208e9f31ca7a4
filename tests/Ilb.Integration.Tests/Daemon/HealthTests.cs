using System.Collections.Concurrent;
using System.Diagnostics;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>The native daemon watches real servers that fail in every way, while clients go on asking.</summary>
public sealed class HealthTests() : CheckedServers(Sound + 6)
{
    private const int Sound = 2;

    private static readonly HealthCheck Check = new()
    {
        Name = "web",
        Test = new HttpTest(),
        Interval = TimeLimit.FromSeconds(1),
        Timeout = TimeLimit.FromSeconds(0.3),
        Count = 2,
    };

    private readonly Dictionary<int, WebServer> _running = [];
    private readonly ConcurrentQueue<ServerHealthChanged> _verdicts = [];

    [Fact]
    public async Task Servers_that_fail_in_every_way_leave_with_their_reason_and_return_when_mended()
    {
        for (int number = 1; number <= Net.Servers.Count; number++)
            Start(number);
        Fault[] faults =
        [
            new(3, ServerHealth.Dead, "connection refused", Now(() => Stop(3)), Now(() => Start(3))),
            new(4, ServerHealth.Dead, ProbeText.TimedOut(Check.Timeout, "connecting"), () => Filter(4, "tcp dport 8080 drop;"), () => Unfilter(4)),
            new(5, ServerHealth.Dead, "connection refused", () => Filter(5, "tcp dport 8080 reject with tcp reset;"), () => Unfilter(5)),
            new(6, ServerHealth.Dead, ProbeText.TimedOut(Check.Timeout, "waiting for the answer"), Now(() => Answer(6, null)), Now(() => Answer(6, 200))),
            new(7, ServerHealth.Dead, "HTTP 503, wanted 200-399", Now(() => Answer(7, 503)), Now(() => Answer(7, 200))),
            new(8, ServerHealth.Unreachable, ProbeText.TimedOut(Check.Timeout, "waiting for the echo"), () => Filter(8, "drop;"), () => Unfilter(8)),
        ];
        await using var daemon = new Ilbd(Net.Balancer);
        await daemon.StartAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var events = CollectAsync(daemon.Client, _verdicts.Enqueue, end.Token);
        var rule = RuleOf(Check);
        await daemon.Client.ApplyAsync(
        [
            new CreateHealthCheck { HealthCheck = Check },
            AllServers(),
            new CreateRule { Rule = rule },
            new CreateRule { Rule = rule with { Name = "cut", Ports = 81, Health = rule.Health! with { OnDead = DeadAction.Cut } } },
        ], cancellationToken: Cancellation);
        await AllReturnAsync(daemon);

        foreach (var fault in faults)
            await fault.Break();
        await AllLeaveAsync(daemon, faults);
        Assert.Subset(Names(1, Sound), await AskAsync(Web));

        // Nobody comes back because the daemon does.
        await daemon.KillAsync();
        await daemon.StartAsync();
        Assert.Subset(Names(1, Sound), await AskAsync(Web));
        await AllLeaveAsync(daemon, faults);

        foreach (var fault in faults)
            await fault.Mend();
        await AllReturnAsync(daemon);
        Assert.Equal(Names(1, Net.Servers.Count), await AskAsync(Web));
        await end.CancelAsync();
        await events;
        // Each verdict was news, with its reason.
        foreach (var fault in faults)
            Assert.Contains(_verdicts, verdict => verdict.Rule == "web" && verdict.Server == Id(fault.Number) && verdict.To == fault.Verdict && verdict.Reason == fault.Reason);
    }

    private static async Task AllLeaveAsync(Ilbd daemon, Fault[] faults)
    {
        long started = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(async () =>
        {
            var state = await daemon.Client.GetStateAsync(Cancellation);
            Assert.True(state.IsChecked);
            var (drained, cut) = (state.Rules[0].Servers.Skip(Sound).ToArray(), state.Rules[1].Servers.Skip(Sound).ToArray());
            Assert.Equal(
                faults.Select(static fault => (Id(fault.Number), fault.Verdict, (string?)fault.Reason, (int?)0)),
                drained.Select(static server => (server.Server, server.Health!.Status, server.Health.Reason, server.EffectiveWeight)));
            Assert.Equal(faults.Select(static fault => (fault.Verdict, (int?)null)), cut.Select(static server => (server.Health!.Status, server.EffectiveWeight)));
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"all left after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
    }

    private void Start(int number) => _running[number] = Hold(new WebServer(Net.Servers[number - 1], TestNetwork.Server(number), 8080, Name(number)));

    private void Stop(int number) => _running[number].Dispose();

    private void Answer(int number, int? status) => _running[number].Status = status;

    private Task<string> Filter(int number, string statement) => Net.Servers[number - 1].NftAsync($"table inet fault {{ chain input {{ type filter hook input priority 0; {statement} }}; }}\n");

    private Task<string> Unfilter(int number) => Net.Servers[number - 1].NftAsync("delete table inet fault\n");

    private static Func<Task> Now(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static HashSet<string> Names(int first, int count) => [.. Enumerable.Range(first, count).Select(Name)];

    private sealed record Fault(int Number, ServerHealth Verdict, string Reason, Func<Task> Break, Func<Task> Mend);
}
