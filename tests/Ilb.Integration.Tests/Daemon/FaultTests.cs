using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>The native daemon watches servers that answer, but not as they should: half, slowly, without end, with a bad certificate, now and then.</summary>
public sealed class FaultTests() : CheckedServers(Sound + 11)
{
    private const int Sound = 2;
    private const int Flapping = Sound + 11;
    private const int SafePort = 8443;

    private static readonly HealthCheck Check = new()
    {
        Name = "web",
        Test = new HttpTest { Path = WebServer.HealthPath, Body = "server" },
        Interval = TimeLimit.FromSeconds(3),
        Timeout = TimeLimit.FromSeconds(0.6),
        Count = 2,
    };

    // In which a server that fails leaves; and what it takes on a busy machine until we are told.
    private static readonly TimeSpan Bound = (Check.Timeout * Check.Count) + (Check.Interval * 1.5);
    private static readonly TimeSpan Slack = TimeLimit.FromSeconds(2);

    private readonly TestCertificates _certificates = new();
    private readonly ConcurrentQueue<(ServerHealthChanged What, long At)> _verdicts = [];
    private WebServer[] _servers = [];
    private WebServer[] _safe = [];
    private int _probes;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task Servers_that_answer_badly_leave_in_time_with_their_reason_and_return_and_no_request_fails()
    {
        var good = _certificates.Make("www.example");
        _servers = [.. Enumerable.Range(1, Net.Servers.Count).Select(number => Hold(new WebServer(Net.Servers[number - 1], TestNetwork.Server(number), 8080, Name(number))))];
        _safe = [.. Enumerable.Range(1, Net.Servers.Count).Select(number => Hold(new WebServer(Net.Servers[number - 1], TestNetwork.Server(number), SafePort, Name(number)) { Certificate = good }))];
        var day = TimeProvider.System.GetUtcNow().AddDays(-3).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Fault[] faults =
        [
            new(3, "web", ProbeText.TimedOut(Check.Timeout, "waiting for the answer"), Says("HTTP/1.1 200 OK\r\nContent-")),
            new(4, "web", ProbeText.TimedOut(Check.Timeout, "reading the body"), Says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", drips: true)),
            new(5, "web", "HTTP 200, but the body has no 'server'", Says("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n", floods: true)),
            new(6, "web", "answered something that is not HTTP", Says("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
            new(7, "web", ProbeText.TimedOut(Check.Timeout, "connecting"), null),
            new(8, "safe", $"certificate expired on {day}", null, _certificates.Make("www.example", daysUntil: -3)),
            new(9, "safe", "certificate is for mail.example, wanted www.example", null, _certificates.Make("mail.example")),
            new(10, "safe", "certificate is not trusted: it is signed by itself", null, _certificates.Make("www.example", isSelfSigned: true)),
            new(11, "safe", "certificate is valid for 5 more days, wanted 20", null, _certificates.Make("www.example", daysUntil: 5.5)),
            new(12, "safe", ProbeText.TimedOut(Check.Timeout, "in TLS handshake"), null),
            // It would not answer clients of this rule either.
            new(7, "safe", $"certificate expired on {day}", null, _certificates.Make("www.example", daysUntil: -3)),
        ];
        await using var daemon = new Ilbd(Net.Balancer);
        await daemon.StartAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var events = CollectAsync(daemon.Client, verdict => _verdicts.Enqueue((verdict, Stopwatch.GetTimestamp())), end.Token);
        var rule = RuleOf(Check);
        await daemon.Client.ApplyAsync(
        [
            new CreateHealthCheck { HealthCheck = Check },
            new CreateHealthCheck { HealthCheck = Check with { Name = "safe", Test = new TlsTest { Tls = new TlsSettings { Name = "www.example", Ca = _certificates.AuthorityPath, MinimumDays = 20 } } } },
            AllServers(),
            new CreateRule { Rule = rule },
            new CreateRule { Rule = rule with { Name = "safe", Ports = 81, Health = new RuleHealth { Check = "safe", Port = SafePort } } },
        ], cancellationToken: Cancellation);
        await AllReturnAsync(daemon);

        var broken = Stopwatch.GetTimestamp();
        _servers[Flapping - 1].Health = FlapAsync;
        foreach (var fault in faults)
            await BreakAsync(fault);
        await AllLeaveAsync(daemon, faults);
        foreach (var fault in faults)
        {
            // Not one from before: the first handshakes of all of them at once may be too slow, for the same reason.
            var (_, at) = _verdicts.First(verdict => verdict.At >= broken && IsOf(verdict.What, fault));
            TestContext.Current.TestOutputHelper?.WriteLine($"{fault.Reason}: {Stopwatch.GetElapsedTime(broken, at).TotalSeconds:F1} s");
            Assert.InRange(Stopwatch.GetElapsedTime(broken, at), TimeSpan.Zero, Bound + Slack);
        }

        // The one that flaps is asked as long as it is thought alive, and answers all but its checks.
        foreach (var endpoint in (IPEndPoint[])[Web, new(TestNetwork.Vip, 81)])
            Assert.Empty((await AskAsync(endpoint)).Intersect(faults.Where(fault => fault.Rule == (endpoint == Web ? "web" : "safe")).Select(static fault => Name(fault.Number))));
        // It comes and goes in turn, each time with the reason.
        await Eventually.HoldsAsync(() =>
        {
            Assert.True(Flaps().Count >= 4);
            return Task.CompletedTask;
        });
        var flaps = Flaps();
        Assert.All(flaps.Zip(flaps.Skip(1)), static pair => Assert.NotEqual(pair.First.To, pair.Second.To));
        Assert.All(flaps, static flap => Assert.Equal(flap.To == ServerHealth.Dead ? "HTTP 503, wanted 200-399" : null, flap.Reason));

        _servers[Flapping - 1].Health = null;
        foreach (var fault in faults)
            Mend(fault, good);
        await AllReturnAsync(daemon);
        Assert.Equal(Enumerable.Range(1, Net.Servers.Count).Select(Name).ToHashSet(), await AskAsync(Web));
        await end.CancelAsync();
        await events;
    }

    private async Task BreakAsync(Fault fault)
    {
        if (fault.Rule == "web" && fault.Does is null)
            await _servers[fault.Number - 1].OverloadAsync();
        else if (fault.Rule == "web")
            _servers[fault.Number - 1].Health = fault.Does;
        else
            _safe[fault.Number - 1].Certificate = fault.Shows;
    }

    private void Mend(Fault fault, X509Certificate2 good)
    {
        if (fault.Rule == "web" && fault.Does is null)
            _servers[fault.Number - 1].Relieve();
        else if (fault.Rule == "web")
            _servers[fault.Number - 1].Health = null;
        else
            _safe[fault.Number - 1].Certificate = good;
    }

    private static async Task AllLeaveAsync(Ilbd daemon, Fault[] faults) => await Eventually.HoldsAsync(async () =>
    {
        var state = await daemon.Client.GetStateAsync(Cancellation);
        foreach (var fault in faults)
        {
            var server = state.Rules.Single(rule => rule.Rule == fault.Rule).Servers[fault.Number - 1];
            Assert.Equal((ServerHealth.Dead, 0), (server.Health!.Status, server.EffectiveWeight));
            Assert.StartsWith(fault.Reason, server.Health.Reason, StringComparison.Ordinal);
        }
    });

    private List<ServerHealthChanged> Flaps() => [.. _verdicts.Select(static verdict => verdict.What).Where(static what => what.Rule == "web" && what.Server == Id(Flapping)).Skip(1)];

    // As often as makes it dead and alive in turn.
    private async Task FlapAsync(Stream stream, CancellationToken end)
    {
        var isBad = Interlocked.Increment(ref _probes) % (Check.Count + 1) != 0;
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(isBad ? "503 So" : "200 OK")}\r\nContent-Length: 6\r\nConnection: close\r\n\r\nserver"), end);
    }

    private static Func<Stream, CancellationToken, Task> Says(string words, bool drips = false, bool floods = false) => async (stream, end) =>
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(words), end);
        var piece = new byte[floods ? 1 << 14 : 1];
        while (drips || floods)
        {
            await stream.WriteAsync(piece, end);
            if (drips)
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, end);
        }

        // Until the client gives up.
        await stream.ReadExactlyAsync(piece, end);
    };

    private static bool IsOf(ServerHealthChanged what, Fault fault) => what.Rule == fault.Rule && what.Server == Id(fault.Number) && what.To == ServerHealth.Dead && what.Reason!.StartsWith(fault.Reason, StringComparison.Ordinal);

    private sealed record Fault(int Number, string Rule, string Reason, Func<Stream, CancellationToken, Task>? Does, X509Certificate2? Shows = null);
}
