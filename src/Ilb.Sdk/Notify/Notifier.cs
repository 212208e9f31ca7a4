using Microsoft.Extensions.Logging;

namespace Ilb;

/// <summary>
/// Has a program run when the state of a server changes, and never makes those wait who tell it: a few at a time, of one server one after another; of one that changes again before its turn comes only the last state is told.
/// So what waits is bounded by the number of servers, and a flood of changes by the time that the program takes.
/// </summary>
internal sealed class Notifier(INotifyProgram program, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>How many run at the same time.</summary>
    public const int MaximumRunning = 8;

    // What is under way when the load balancer ends has so much time left.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(10);

    private readonly Lock _turn = new();
    private readonly Dictionary<HealthKey, Notice> _waiting = [];
    // Those of them that may run.
    private readonly Queue<HealthKey> _next = new();
    private readonly Dictionary<HealthKey, Task> _running = [];
    private readonly Dictionary<string, long> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private volatile string? _path;
    private bool _isDisposed;

    /// <summary>How long one may run, 10 s; then it is killed.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The program, absolute; null = none is run.</summary>
    public string? Path
    {
        get => _path;
        set => _path = value;
    }

    /// <summary>Takes note of a change.</summary>
    public void Tell(ServerHealthChanged happened, DateTimeOffset now)
    {
        if (_path is null || happened.From == happened.To)
            return;
        var key = new HealthKey(happened.Rule, happened.Server);
        var notice = new Notice { Rule = happened.Rule, Server = happened.Server, From = happened.From, To = happened.To, Reason = happened.Reason ?? "", Source = happened.Source, Time = now };
        lock (_turn)
        {
            if (_isDisposed)
                return;
            if (_waiting.TryGetValue(key, out var first))
                notice = Notice.Join(first, notice);
            else if (!_running.ContainsKey(key))
                _next.Enqueue(key);
            // Back where it was before anybody was told.
            if (notice.From == notice.To)
                _waiting.Remove(key);
            else
                _waiting[key] = notice;
            Start();
        }
    }

    /// <summary>Forgets what waits, and ends what runs: after two seconds by force.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_turn)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _waiting.Clear();
            _next.Clear();
            running = [.. _running.Values];
        }

        _stop.CancelAfter(Farewell);
        await Task.WhenAll(running).ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Start()
    {
        while (_running.Count < MaximumRunning && _next.TryDequeue(out var key))
        {
            if (!_running.ContainsKey(key) && _waiting.Remove(key, out var notice))
                _running.Add(key, Task.Run(() => RunAsync(key, notice)));
        }
    }

    private async Task RunAsync(HealthKey key, Notice notice)
    {
        if (_path is { } path)
            await RunAsync(path, notice).ConfigureAwait(false);
        lock (_turn)
        {
            _running.Remove(key);
            if (_waiting.ContainsKey(key))
                _next.Enqueue(key);
            Start();
        }
    }

    private async Task RunAsync(string path, Notice notice)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            if (await program.RunAsync(path, notice, either.Token).ConfigureAwait(false) is { } failure)
                Complain(path, notice, failure);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Complain(path, notice, limit.IsCancellationRequested ? $"ran for more than {Limit.TotalSeconds} s and was killed" : "was killed, for the load balancer ends");
        }
        catch (Exception e)
        {
            Complain(path, notice, e.Message);
        }
    }

    // The same trouble is told once in a while, not for each server.
    private void Complain(string path, Notice notice, string failure)
    {
        lock (_turn)
        {
            if (_told.TryGetValue(failure, out var last) && time.GetElapsedTime(last) < TellAgain)
                return;
            if (_told.Count >= 100)
                _told.Clear();
            _told[failure] = time.GetTimestamp();
        }

        Log.NotNotified(logger, path, notice.Rule, notice.Server.ToString(), failure);
    }
}
