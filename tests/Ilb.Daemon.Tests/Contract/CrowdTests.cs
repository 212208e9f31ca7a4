using Ilb.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>Clients in this process and by the socket, all at once. What it counts is the whole process's, so nothing runs beside it.</summary>
[Collection(nameof(CrowdTests))]
[CollectionDefinition(nameof(CrowdTests), DisableParallelization = true)]
public sealed class CrowdTests : IAsyncLifetime
{
    private const int Clients = 8;
    private const int Shared = 20; // so often each client counts the shared number up

    private static readonly int Changes = FullRun.Count(100, 500);
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(300);

    private Home _home = null!;

    public async ValueTask InitializeAsync() => _home = await Home.OpenAsync(isRemote: true);

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task No_update_is_lost_no_read_is_torn_and_nothing_is_left_behind()
    {
        await _home.Engine.ApplyAsync(Enumerable.Range(0, Clients).SelectMany(static client => new[] { $"a{client}", $"b{client}" }).Append("shared")
            .Select(static Change (name) => new CreateServerGroup { ServerGroup = new ServerGroup { Name = name, Servers = ServerSpec.Parse("10.0.0.1") } }).ToArray());
        await RoundAsync(Changes / 10, 1);
        var (descriptors, memory) = (await DescriptorsAsync(int.MinValue), GC.GetTotalMemory(forceFullCollection: true));
        await RoundAsync(Changes, 2);
        Assert.InRange(await DescriptorsAsync(descriptors), 0, descriptors);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, memory + (4 << 20));
    }

    // Each client works to and fro with its own balancer: half of them the engine itself.
    private async Task RoundAsync(int changes, int round)
    {
        var before = Number((await _home.Engine.GetConfigurationAsync()).Configuration, "shared");
        using var end = new CancellationTokenSource();
        var readers = new[] { ReadAsync(end.Token), WatchAsync(isRemote: false, end.Token), WatchAsync(isRemote: true, end.Token) };
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => ChangeAsync(client, changes, round)))).WaitAsync(Deadline);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => CountAsync(client)))).WaitAsync(Deadline);
        await end.CancelAsync();
        Assert.All(await Task.WhenAll(readers).WaitAsync(Deadline), static reads => Assert.True(reads > 0));
        var present = (await _home.Engine.GetConfigurationAsync()).Configuration;
        Assert.Equal(before + (Clients * Shared), Number(present, "shared"));
        Assert.All(Enumerable.Range(0, Clients), client => Assert.Equal((round * 10000) + changes, Number(present, $"a{client}")));
    }

    private async Task ChangeAsync(int client, int changes, int round)
    {
        var isRemote = client % 2 == 0;
        ILoadBalancer balancer = isRemote ? Open() : _home.Engine;
        for (var i = 1; i <= changes; i++)
        {
            var number = (round * 10000) + i;
            await balancer.ApplyAsync([Set($"a{client}", number), Set($"b{client}", number)]);
        }

        if (isRemote)
            await balancer.DisposeAsync();
    }

    // After the changes, for whoever makes them without a condition is always faster.
    private async Task CountAsync(int client)
    {
        var isRemote = client % 2 == 0;
        ILoadBalancer balancer = isRemote ? Open() : _home.Engine;
        for (var i = 0; i < Shared; i++)
            await balancer.UpdateAsync(static present => [Set("shared", Number(present, "shared") + 1)]);
        if (isRemote)
            await balancer.DisposeAsync();
    }

    // Every configuration that is read is valid and whole, and none is older than the one before it.
    private Task<int> ReadAsync(CancellationToken end) => Task.Run(async () =>
    {
        await using var balancer = Open();
        Configuration? before = null;
        var reads = 0;
        for (; !end.IsCancellationRequested; reads++)
            before = CheckNext(before, (await balancer.GetConfigurationAsync(CancellationToken.None)).Configuration);
        return reads;
    });

    private Task<int> WatchAsync(bool isRemote, CancellationToken end) => Task.Run(async () =>
    {
        ILoadBalancer balancer = isRemote ? Open() : _home.Engine;
        Configuration? before = null;
        var reads = 0;
        try
        {
            await foreach (var present in balancer.WatchAsync(end))
            {
                before = CheckNext(before, present.Configuration);
                reads++;
            }
        }
        catch (OperationCanceledException)
        {
            // The round is over.
        }

        if (isRemote)
            await balancer.DisposeAsync();
        return reads;
    });

    private static Configuration CheckNext(Configuration? before, Configuration present)
    {
        Assert.Empty(present.Validate());
        for (var client = 0; client < Clients; client++)
            Assert.Equal(Number(present, $"a{client}"), Number(present, $"b{client}"));
        Assert.All(present.ServerGroups, group => Assert.True(before is null || group.Servers[0].Weight >= Number(before, group.Name), "the configuration went back"));
        return present;
    }

    private RemoteLoadBalancer Open() => new(new RemoteLoadBalancerOptions { SocketPath = _home.SocketPath });

    private static SetServers Set(string group, int weight) => new() { ServerGroup = group, Weight = weight };

    private static int Number(Configuration configuration, string group) => configuration.FindServerGroup(group)!.Servers[0].Weight;

    // All but those of the runtime itself, which opens its libraries when they are needed. The daemon learns a moment later that its clients have gone, so: at most as many as wanted, or as stay when nothing has changed
    // for a while.
    private static async Task<int> DescriptorsAsync(int wanted)
    {
        var (last, same) = (int.MaxValue, 0);
        while (last > wanted && same < 50)
        {
            var count = Directory.GetFiles("/proc/self/fd").Count(static descriptor => new FileInfo(descriptor).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) != true);
            (last, same) = (count, count == last ? same + 1 : 0);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        return last;
    }
}
