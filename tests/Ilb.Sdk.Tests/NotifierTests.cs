using Ilb.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>A program is told of changes: in order for a server, a few at a time, and a flood as what it comes to.</summary>
public sealed class NotifierTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Programs _programs = new();
    private readonly Lines _log = new();
    private readonly Notifier _notifier;

    public NotifierTests() => _notifier = new Notifier(_programs, _time, _log) { Path = "/usr/lib/notify" };

    public async ValueTask DisposeAsync()
    {
        _programs.EndAll();
        await _notifier.DisposeAsync();
    }

    [Fact]
    public async Task A_change_is_told_as_it_is()
    {
        Tell(1, ServerHealth.Alive, ServerHealth.Dead, "connection refused");
        var run = await _programs.NextAsync();
        Assert.Equal("/usr/lib/notify server web _web.1 alive dead connection refused", run.Text);
        Assert.Equal(_time.GetUtcNow(), run.Notice.Time);
    }

    [Fact]
    public async Task Changes_of_a_server_follow_each_other_and_those_that_wait_are_joined()
    {
        Tell(1, ServerHealth.Alive, ServerHealth.Dead, "connection refused");
        var first = await _programs.NextAsync();
        Tell(1, ServerHealth.Dead, ServerHealth.Alive);
        Tell(1, ServerHealth.Alive, ServerHealth.Unreachable, "timed out");
        Tell(1, ServerHealth.Unreachable, ServerHealth.Disabled);
        Tell(2, ServerHealth.Alive, ServerHealth.Dead);
        Assert.Equal("/usr/lib/notify server web _web.2 alive dead ", (await _programs.NextAsync()).Text);
        Assert.Equal(2, _programs.Running);
        first.End(null);
        var then = await _programs.NextAsync();
        Assert.Equal(("/usr/lib/notify server web _web.1 dead disabled ", 2), (then.Text, then.Notice.Skipped));
    }

    [Fact]
    public async Task Who_is_back_before_anybody_was_told_is_no_news()
    {
        Tell(1, ServerHealth.Alive, ServerHealth.Dead);
        var first = await _programs.NextAsync();
        Tell(1, ServerHealth.Dead, ServerHealth.Alive);
        Tell(1, ServerHealth.Alive, ServerHealth.Dead);
        first.End(null);
        Tell(2, ServerHealth.Alive, ServerHealth.Dead);
        Assert.Equal(2U, (await _programs.NextAsync()).Notice.Server.Number);
        Tell(1, ServerHealth.Dead, ServerHealth.Alive);
        Assert.Equal((1U, ServerHealth.Dead, 0), (await _programs.NextAsync()) is { Notice: var notice } ? (notice.Server.Number, notice.From, notice.Skipped) : default);
    }

    [Fact]
    public async Task A_flood_runs_a_few_at_a_time_and_tells_each_server_as_it_is_in_the_end()
    {
        for (var i = 0; i < 1000; i++)
            Tell((uint)i % 50, i % 100 < 50 ? ServerHealth.Alive : ServerHealth.Dead, i % 100 < 50 ? ServerHealth.Dead : ServerHealth.Alive);
        for (uint server = 0; server < 50; server++)
            Tell(server, ServerHealth.Alive, ServerHealth.Unreachable);
        var last = new Dictionary<uint, ServerHealth>();
        var count = 0;
        while (last.Count < 50 || last.Values.Any(static health => health != ServerHealth.Unreachable))
        {
            var run = await _programs.NextAsync();
            count++;
            Assert.InRange(_programs.Running, 1, Notifier.MaximumRunning);
            last[run.Notice.Server.Number] = run.Notice.To;
            run.End(null);
        }

        Assert.InRange(count, 50, 50 + Notifier.MaximumRunning);
    }

    [Fact]
    public async Task One_that_does_not_end_is_stopped_and_the_same_trouble_is_told_once()
    {
        Tell(1, ServerHealth.Alive, ServerHealth.Dead);
        await _programs.NextAsync();
        Tell(1, ServerHealth.Dead, ServerHealth.Alive);
        _time.Advance(Notifier.Limit);
        (await _programs.NextAsync()).End("exit 1: no mail server");
        Tell(2, ServerHealth.Alive, ServerHealth.Dead);
        (await _programs.NextAsync()).End("exit 1: no mail server");
        Tell(3, ServerHealth.Alive, ServerHealth.Dead);
        await _programs.NextAsync();
        Assert.Equal(["ran for more than 10 s and was killed", "exit 1: no mail server"], _log.All.Select(static line => line.Split(": ", 2)[1].Split(';')[0]));
    }

    [Fact]
    public async Task Nobody_is_run_without_a_path_and_none_after_the_end()
    {
        _notifier.Path = null;
        Tell(1, ServerHealth.Alive, ServerHealth.Dead);
        _notifier.Path = "/other";
        Tell(2, ServerHealth.Alive, ServerHealth.Dead);
        var run = await _programs.NextAsync();
        Assert.Equal(("/other", 2U), (run.Path, run.Notice.Server.Number));
        Tell(2, ServerHealth.Dead, ServerHealth.Alive);
        // It ignores that it is to end, for the two seconds that it has left.
        await _notifier.DisposeAsync();
        Tell(3, ServerHealth.Alive, ServerHealth.Dead);
        Assert.Equal(0, _programs.Running);
    }

    [Fact]
    public async Task The_program_gets_its_arguments_and_its_environment_and_no_rights()
    {
        using var folder = new Ilb.Testing.TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        var path = folder.File("notify");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{{ echo \"$#: $*|$6\"; env | grep ILB_ | sort; grep CapEff /proc/self/status; }} >{folder.File("out")}\ntest \"$3\" != _web.2 || {{ echo trouble >&2; exit 7; }}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        var program = new NotifyProgram("ilb");
        var notice = new Notice { Rule = "web", Server = Id(1), From = ServerHealth.Alive, To = ServerHealth.Dead, Reason = "HTTP 503, wanted 200-399; $(id)", Source = VerdictSource.Outside, Time = DateTimeOffset.UnixEpoch, Skipped = 3 };
        Assert.Null(await program.RunAsync(path, notice, CancellationToken.None));
        Assert.Equal(
            ["6: server web _web.1 alive dead HTTP 503, wanted 200-399; $(id)|HTTP 503, wanted 200-399; $(id)", "ILB_INSTANCE=ilb", "ILB_SKIPPED=3", "ILB_SOURCE=outside", "ILB_TIME=1970-01-01T00:00:00.000Z", "CapEff:\t0000000000000000"],
            await File.ReadAllLinesAsync(folder.File("out")));
        Assert.Equal("exit 7: trouble", await program.RunAsync(path, notice with { Server = Id(2) }, CancellationToken.None));
        Assert.Contains("No such file or directory", await program.RunAsync("/nowhere/notify", notice, CancellationToken.None), StringComparison.Ordinal);
    }

    private static ServerId Id(uint number) => new() { ServerGroup = "web", Number = number };

    private void Tell(uint server, ServerHealth from, ServerHealth to, string? reason = null) =>
        _notifier.Tell(new ServerHealthChanged { Rule = "web", Server = Id(server), From = from, To = to, Reason = reason }, _time.GetUtcNow());

    /// <summary>Programs that end when the test says so.</summary>
    private sealed class Programs : INotifyProgram
    {
        private readonly System.Threading.Channels.Channel<Run> _begun = System.Threading.Channels.Channel.CreateUnbounded<Run>();
        private readonly System.Collections.Concurrent.ConcurrentBag<Run> _all = [];
        private int _running;

        public int Running => Volatile.Read(ref _running);

        public async Task<string?> RunAsync(string path, Notice notice, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _running);
            try
            {
                var run = new Run(path, notice);
                _all.Add(run);
                _begun.Writer.TryWrite(run);
                return await run.Ended.WaitAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }

        public Task<Run> NextAsync() => _begun.Reader.ReadAsync().AsTask().WaitAsync(TimeLimit.FromSeconds(60));

        public void EndAll()
        {
            foreach (var run in _all)
                run.End(null);
        }
    }

    private sealed class Run(string path, Notice notice)
    {
        private readonly TaskCompletionSource<string?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Path => path;

        public Notice Notice => notice;

        public string Text => $"{path} {string.Join(' ', NotifyProgram.Arguments(notice))}";

        public Task<string?> Ended => _end.Task;

        public void End(string? failure) => _end.TrySetResult(failure);
    }
}
