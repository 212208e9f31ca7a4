using System.Net.Sockets;
using System.Text;
using Ilb.Daemon.Running;
using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Daemon.Tests;

/// <summary>What those hear who connected to systemd's socket before a daemon that cannot start.</summary>
public sealed class RefusedStartTests : IDisposable
{
    private static readonly IlbException Damaged = new([new IlbError { Code = IlbErrorCode.ConfigurationDamaged, Message = "ilb.json:3: unknown member 'ruels'", Line = 3 }]);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Socket _listening = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _limit = new(TimeLimit.FromSeconds(20));
    private readonly UnixDomainSocketEndPoint _place;
    private volatile bool _mended;

    public RefusedStartTests()
    {
        _place = new UnixDomainSocketEndPoint(_folder.File("s"));
        _listening.Bind(_place);
        _listening.Listen(64);
    }

    public void Dispose()
    {
        _listening.Dispose();
        _limit.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Everybody_who_waits_is_told_what_is_wrong_and_so_is_who_comes_a_little_later()
    {
        using var first = Connect();
        using var second = Connect();
        var run = RunAsync();
        foreach (var client in new[] { first, second })
            await AssertIsToldAsync(client);
        using var third = Connect();
        await AssertIsToldAsync(third);
        _time.Advance(RefusedStart.Length);
        Assert.False(await run);
    }

    [Fact]
    public async Task Where_nobody_waits_it_ends_at_once() => Assert.False(await RunAsync());

    [Fact]
    public async Task As_soon_as_the_file_is_mended_the_rest_is_left_to_the_daemon()
    {
        using var first = Connect();
        var run = RunAsync();
        await AssertIsToldAsync(first);
        _mended = true;
        Assert.True(await run.WaitAsync(_limit.Token));
        using var second = Connect();
        Assert.True(_listening.Poll(0, SelectMode.SelectRead), "the connection is there for the daemon");
    }

    [Fact]
    public async Task Who_says_nothing_does_not_keep_it_alive()
    {
        using var silent = Connect();
        using var other = Connect();
        var run = RunAsync();
        await AssertIsToldAsync(other);
        while (!run.IsCompleted)
        {
            _limit.Token.ThrowIfCancellationRequested();
            _time.Advance(RefusedStart.Patience);
            await Task.Yield();
        }

        Assert.False(await run);
    }

    [Fact]
    public async Task Told_to_stop_it_stops()
    {
        using var client = Connect();
        using var stop = new CancellationTokenSource();
        var run = RunAsync(stop.Token);
        await AssertIsToldAsync(client);
        await stop.CancelAsync();
        Assert.False(await run.WaitAsync(_limit.Token));
    }

    private Task<bool> RunAsync(CancellationToken stop = default) => Task.Run(() => new RefusedStart(Damaged, _time).AnswerAsync(_listening, () => _mended, stop));

    private Socket Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(_place);
        return client;
    }

    private async Task AssertIsToldAsync(Socket client)
    {
        await client.SendAsync("GET /v1/daemon HTTP/1.1\r\nHost: ilb\r\n\r\n"u8.ToArray(), _limit.Token);
        using var stream = new NetworkStream(client, ownsSocket: true);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(_limit.Token);
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", answer);
        var errors = AnswerJson.DeserializeErrors(Encoding.UTF8.GetBytes(answer[answer.IndexOf('{')..]));
        Assert.Equal(Damaged.Errors, errors);
    }
}
