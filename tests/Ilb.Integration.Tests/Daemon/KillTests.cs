using Ilb.Integration.Tests.Harness;
using Ilb.Testing;

namespace Ilb.Integration.Tests.Daemon;

/// <summary>The daemon is killed at random instants while it makes one change after another. ILB_FULL=1: 200 times instead of 8.</summary>
public sealed class KillTests : KernelTest
{
    private const int Rules = 20;
    private const int Servers = 4;

    [Fact]
    public async Task Killed_at_any_instant_it_holds_what_it_said_was_done_and_the_next_start_brings_the_kernel_to_it()
    {
        int kills = FullRun.Count(8, full: 200);
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var daemon = new Ilbd(Space);
        await daemon.StartAsync();
        await daemon.Client.ApplyAsync(
        [
            .. Enumerable.Range(0, Rules).SelectMany(static rule => (Change[])
            [
                new CreateServerGroup { ServerGroup = new ServerGroup { Name = $"g{rule}", Servers = ServerSpec.Parse($"10.0.{rule}.0-10.0.{rule}.{Servers - 1}:8080") } },
                new CreateRule { Rule = new Rule { Name = $"r{rule}", Vip = System.Net.IPAddress.Parse("192.0.2.1"), Ports = rule + 1, Topology = Topology.HalfNat, ServerGroup = $"g{rule}" } },
            ]),
        ], cancellationToken: Cancellation);

        int[] weights = [.. Enumerable.Repeat(1, Rules * Servers)];
        int made = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            int done = made;
            var stream = StreamAsync();
            // Any instant.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 300)), TimeProvider.System, Cancellation);
            await daemon.KillAsync();
            await stream;

            async Task StreamAsync()
            {
                try
                {
                    while (true)
                    {
                        await daemon.Client.ApplyAsync(Change(done + 1), cancellationToken: Cancellation);
                        done++;
                    }
                }
                catch (IlbException e) when (e.Code is IlbErrorCode.DaemonUnreachable)
                {
                    // As meant.
                }
            }

            // The last one was under way: it may be there, or not.
            var saved = IlbJson.DeserializeConfiguration(await File.ReadAllBytesAsync(daemon.ConfigurationPath, Cancellation));
            for (; made < done; made++)
                Make(weights, made + 1);
            int[] oneMore = [.. weights];
            Make(oneMore, made + 1);
            int[] found = [.. saved.ServerGroups.SelectMany(static group => group.Servers).Select(static server => server.Weight)];
            if (found.AsSpan().SequenceEqual(oneMore))
            {
                weights = oneMore;
                made++;
            }

            Assert.Equal(weights, found);
            await daemon.StartAsync();
            Assert.Equal(Expected(weights), await KernelAsync());
            Assert.Equal(weights, (await daemon.Client.GetStateAsync(Cancellation)).Rules.SelectMany(static rule => rule.Servers).Select(static server => server.EffectiveWeight!.Value));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {made} changes");
        Assert.True(made >= kills);
    }

    private static SetServers Change(int number) => new() { Servers = [new ServerId { ServerGroup = $"g{number * 7 % Rules}", Number = (uint)(number % Servers) }], Weight = 2 + (number % 1000) };

    private static void Make(int[] weights, int number) => weights[(number * 7 % Rules * Servers) + (number % Servers)] = 2 + (number % 1000);

    private static string[] Expected(int[] weights) =>
    [
        .. Enumerable.Range(0, Rules).SelectMany(rule => Enumerable.Range(0, Servers).Select(server => $"-a -t 192.0.2.1:{rule + 1} -r 10.0.{rule}.{server}:8080 -m -w {weights[(rule * Servers) + server]}").Prepend($"-A -t 192.0.2.1:{rule + 1} -s wrr"))
            .Order(StringComparer.Ordinal),
    ];

    private async Task<string[]> KernelAsync() => [.. (await Space.IpvsadmAsync("-Sn")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim()).Order(StringComparer.Ordinal)];
}
