using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Ilb;

/// <summary>The events of a daemon, over as many connections as it takes.</summary>
internal static class RemoteEvents
{
    private const string MediaType = "text/event-stream";

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    public static async IAsyncEnumerable<LoadBalancerEvent> ReadAsync(
        DaemonConnection daemon, RemoteLoadBalancerOptions options, Random random, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (hasStarted, wait) = (false, FirstWait);
        var lastSeen = options.TimeProvider.GetTimestamp();
        while (true)
        {
            var connected = options.TimeProvider.GetTimestamp();
            IlbException? gone = null;
            await using (var events = ReadOnceAsync(daemon, options, after, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                while (gone is null)
                {
                    (string? Id, LoadBalancerEvent? Happened) next;
                    try
                    {
                        if (!await events.MoveNextAsync().ConfigureAwait(false))
                            throw new IlbException(IlbErrorCode.DaemonUnreachable, $"the daemon at {daemon.SocketPath} went away");
                        next = events.Current;
                        lastSeen = options.TimeProvider.GetTimestamp();
                    }
                    catch (ObjectDisposedException) when (daemon.Disposal.IsCancellationRequested)
                    {
                        yield break;
                    }
                    catch (IlbException e) when (hasStarted && (e.IsTransient || e.Code is IlbErrorCode.LimitExceeded or IlbErrorCode.PermissionDenied))
                    {
                        // A daemon that starts makes its socket first and then opens it to others.
                        gone = e;
                        continue;
                    }

                    if (next.Happened is EventsStarted)
                    {
                        // Where it resumes a stream it is no news, and its place is no place to resume from: what is lost is told after it.
                        if (hasStarted)
                            continue;
                        hasStarted = true;
                        after ??= next.Id;
                    }
                    else
                    {
                        after = next.Id ?? after;
                    }

                    if (next.Happened is not null)
                        yield return next.Happened;
                }
            }

            if (options.ReconnectTimeout != Timeout.InfiniteTimeSpan && options.TimeProvider.GetElapsedTime(lastSeen) >= options.ReconnectTimeout)
                throw gone;
            // One that goes away again and again is looked for less and less often too.
            if (options.TimeProvider.GetElapsedTime(connected) > LongestWait)
                wait = FirstWait;
            if (!await WaitAsync(daemon, options.TimeProvider, wait * (0.75 + (random.NextDouble() / 2)), cancellationToken).ConfigureAwait(false))
                yield break;
            wait = wait < LongestWait / 2 ? wait * 2 : LongestWait;
        }
    }

    private static async Task<bool> WaitAsync(DaemonConnection daemon, TimeProvider time, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, daemon.Disposal);
        try
        {
            await Task.Delay(wait, time, any.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    // What one connection brings; the event is null where only a newer version knows it.
    private static async IAsyncEnumerable<(string? Id, LoadBalancerEvent? Happened)> ReadOnceAsync(
        DaemonConnection daemon, RemoteLoadBalancerOptions options, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new DaemonRequest { Method = HttpMethod.Get, Target = after is null ? DaemonInterface.Events : $"{DaemonInterface.Events}?after={Uri.EscapeDataString(after)}" };
        using var response = await daemon.OpenStreamAsync(request, MediaType, cancellationToken).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, daemon.Disposal);
        await using var stream = new EventStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), options.TimeProvider);
        // Copied, for the parser uses its buffer again.
        await using var items = SseParser.Create(stream, static (_, data) => data.ToArray()).EnumerateAsync(either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            LoadBalancerEvent? happened;
            try
            {
                if (!await items.MoveNextAsync().ConfigureAwait(false))
                    yield break;
                AnswerJson.TryDeserializeEvent(items.Current.Data, out happened);
            }
            catch (IlbException e) when (e.Code == IlbErrorCode.ProtocolError)
            {
                throw new IlbException(e.Code, $"the daemon at {daemon.SocketPath} sends something that makes no sense: {e.Message}", e);
            }
            catch (Exception e) when (e is not IlbException)
            {
                throw daemon.Explain(e, request, cancellationToken);
            }

            stream.Restart();
            yield return (items.Current.EventId is { Length: > 0 } id ? id : null, happened);
        }
    }
}
