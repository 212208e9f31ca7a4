using System.Net;
using System.Net.Sockets;
using Ilb.Integration.Tests.Harness;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>The native daemon takes the word of others, finds a silent server by the kernel's counters, and tells a program of both, while clients go on asking.</summary>
public sealed class JudgeTests() : TrafficTest(servers: 3)
{
    private const int Requests = 30;

    private static readonly IPEndPoint Web = new(TestNetwork.Vip, 80);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly string _folder = Directory.CreateTempSubdirectory("ilb-notify").FullName;

    private string Told => Path.Combine(_folder, "told");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_server_leaves_by_the_word_of_others_or_because_it_is_silent_and_a_program_is_told()
    {
        for (int number = 1; number <= Net.Servers.Count; number++)
            Hold(new WebServer(Net.Servers[number - 1], TestNetwork.Server(number), 8080, Name(number)));
        await using var daemon = new Ilbd(Net.Balancer);
        await File.WriteAllBytesAsync(daemon.NodePath, IlbJson.Serialize(new NodeSettings { Notify = await MakeProgramAsync() }), Cancellation);
        await daemon.StartAsync();
        await daemon.Client.ApplyAsync(
        [
            new CreateHealthCheck { HealthCheck = new HealthCheck { Name = "web", Test = new HttpTest(), Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromMilliseconds(300) } },
            new CreateServerGroup { ServerGroup = new ServerGroup { Name = "web", Servers = Enumerable.Range(1, 3).SelectMany(static number => ServerSpec.Parse($"{TestNetwork.Server(number)}:8080")).ToValueList() } },
            new CreateRule { Rule = new Rule { Name = "web", Vip = TestNetwork.Vip, Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web", Passive = new PassiveDetection { Connections = 5, Hold = TimeSpan.FromHours(1) } } },
        ], cancellationToken: Cancellation);
        Assert.Equal(Names(1, 2, 3), await AskAsync());

        var dead = new OutsideVerdict { Servers = [Id(2)], Word = OutsideWord.Dead, Reason = "disk full" };
        var result = await daemon.Client.JudgeAsync(dead, Cancellation);
        Assert.True(result.Converged);
        Assert.Equal(Names(1, 3), await AskAsync());
        await daemon.KillAsync();
        await daemon.StartAsync();
        Assert.Equal((ServerHealth.Dead, VerdictSource.Outside, "disk full"), await HealthAsync(daemon, 2));
        Assert.Equal(Names(1, 3), await AskAsync());
        await daemon.Client.JudgeAsync(dead with { Word = OutsideWord.Withdrawn, Reason = null }, Cancellation);
        Assert.Equal(Names(1, 2, 3), await AskAsync());
        await ToldAsync("server web _web.1 un-init dead disk full|outside", "server web _web.1 dead un-init |check");

        // A link that is cut: packets vanish, and nobody says why.
        await Net.Servers[2].NftAsync("table inet fault { chain input { type filter hook input priority 0; drop; }; }\n");
        await Eventually.HoldsAsync(async () =>
        {
            await KnockAsync();
            Assert.Equal((ServerHealth.Dead, VerdictSource.Passive), await HealthAsync(daemon, 3) is var (health, source, _) ? (health, source) : default);
        });
        // What is found is told a moment before the kernel has it.
        await Eventually.HoldsAsync(async () => Assert.Equal(0, (await daemon.Client.GetStateAsync(Cancellation)).Rules.Single(static rule => rule.Rule == "web").Servers[2].EffectiveWeight));
        string? reason = (await HealthAsync(daemon, 3)).Reason;
        Assert.Matches("^no answer to [0-9]+ connections in [0-9]+ s$", reason);
        TestContext.Current.TestOutputHelper?.WriteLine(reason!);
        Assert.Equal(Names(1, 2), await AskAsync());
        await ToldAsync($"server web _web.2 un-init dead {reason}|passive");

        // The check finds it alive.
        await Net.Servers[2].NftAsync("delete table inet fault\n");
        await daemon.Client.SetRuleAsync(new SetRule { Name = "web", Health = new RuleHealth { Check = "web" } }, cancellationToken: Cancellation);
        await Eventually.HoldsAsync(async () => Assert.Equal((ServerHealth.Alive, VerdictSource.Check, null), await HealthAsync(daemon, 3)));
        Assert.Equal(Names(1, 2, 3), await AskAsync());
        await ToldAsync("server web _web.2 dead alive |check");
    }

    // It writes as somebody without rights, so others may write there.
    private async Task<string> MakeProgramAsync()
    {
        string path = Path.Combine(_folder, "notify");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\necho \"$*|$ILB_SOURCE\" >>{Told}\n", Cancellation);
        await Command.RunAsync("chmod", ["777", _folder]);
        await Command.RunAsync("chmod", ["755", path]);
        return path;
    }

    private Task ToldAsync(params string[] lines) => Eventually.HoldsAsync(async () =>
    {
        string[] told = File.Exists(Told) ? await File.ReadAllLinesAsync(Told, Cancellation) : [];
        foreach (string line in lines)
            Assert.Contains(line, told);
    });

    // Who answered requests, of which none fails.
    private async Task<HashSet<string>> AskAsync()
    {
        var names = new HashSet<string>();
        for (int i = 0; i < Requests; i++)
            names.Add(await WebServer.AskAsync(Net.Client, Web));
        return names;
    }

    // Clients of whom some wait in vain.
    private Task KnockAsync() => Task.WhenAll(Enumerable.Range(0, 9).Select(async _ =>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        using var socket = Sockets.Open(Net.Client, AddressFamily.InterNetwork, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Web, limit.Token);
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            // In vain.
        }
    }));

    private static async Task<(ServerHealth Health, VerdictSource Source, string? Reason)> HealthAsync(Ilbd daemon, int number) =>
        (await daemon.Client.GetStateAsync(Cancellation)).Rules[0].Servers[number - 1].Health is { } health ? (health.Status, health.Source, health.Reason) : default;

    private static ServerId Id(int number) => new() { ServerGroup = "web", Number = (uint)number - 1 };

    private static string Name(int number) => $"server {number}";

    private static HashSet<string> Names(params int[] numbers) => [.. numbers.Select(Name)];
}
