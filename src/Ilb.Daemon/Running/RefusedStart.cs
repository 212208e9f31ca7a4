using System.Net.Sockets;
using Ilb.Daemon.Http;

namespace Ilb.Daemon.Running;

/// <summary>
/// Tells those who have connected to systemd's socket why the daemon cannot start. Left in its queue, they would have it started again at once, until systemd gives the socket up with the service.
/// </summary>
internal sealed class RefusedStart(IlbException reason, TimeProvider time)
{
    // The rest helps nobody, and all of them might not fit into the peer's buffer.
    private const int MostErrors = 20;
    private const int MostAtOnce = 64;

    /// <summary>How long somebody who does not read or write is waited for.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long answers are given, once there was somebody to answer. So few starts fit into StartLimitIntervalSec= of ilbd.service that connections alone never reach StartLimitBurst=: the two belong together.</summary>
    public static TimeSpan Length { get; } = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _answer = Answer.Raw("503 Service Unavailable", [.. reason.Errors.Take(MostErrors)]);

    /// <summary>Answers whoever waits, and who comes within <see cref="Length"/> after that. Where nobody waits, it returns at once.</summary>
    /// <param name="listening">systemd's socket; stays open.</param>
    /// <param name="isMended">Whether the daemon might start now: then the rest is left to it.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>Whether it is mended.</returns>
    public async Task<bool> AnswerAsync(Socket listening, Func<bool> isMended, CancellationToken stop)
    {
        if (!IsWaiting(listening, TimeSpan.Zero))
            return false;
        using var places = new SemaphoreSlim(MostAtOnce);
        var began = time.GetTimestamp();
        var mended = false;
        while (!stop.IsCancellationRequested && time.GetElapsedTime(began) < Length && !(mended = isMended()))
        {
            if (!await places.WaitAsync(Look, CancellationToken.None).ConfigureAwait(false))
                continue;
            if (IsWaiting(listening, Look) && UnixListener.TakeOne(listening) is { } socket)
                _ = TellAsync(socket, places);
            else
                places.Release();
        }

        // None is cut off; each has a limit.
        for (var i = 0; i < MostAtOnce; i++)
            await places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        return mended;
    }

    // Whoever has gone again waits too, until he is taken from the queue.
    private static bool IsWaiting(Socket listening, TimeSpan time)
    {
        try
        {
            return listening.Poll(time, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task TellAsync(Socket socket, SemaphoreSlim places)
    {
        try
        {
            var buffer = new byte[4096];
            // The request first: one that is sent after the answer came may be taken for a broken connection.
            if (await TryAsync(end => socket.ReceiveAsync(buffer, end)).ConfigureAwait(false) == 0)
                return;
            if (await TryAsync(SendAsync).ConfigureAwait(false) is null)
                return;
            socket.Shutdown(SocketShutdown.Send);
            // What is left of the request, or its end would be an error to its sender.
            await TryAsync(async end =>
            {
                while (await socket.ReceiveAsync(buffer, end).ConfigureAwait(false) > 0)
                {
                }

                return 0;
            }).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // It is gone.
        }
        finally
        {
            socket.Dispose();
            places.Release();
        }

        async ValueTask<int> SendAsync(CancellationToken end)
        {
            var sent = 0;
            while (sent < _answer.Length)
                sent += await socket.SendAsync(_answer.AsMemory(sent), end).ConfigureAwait(false);
            return sent;
        }
    }

    // Null where it takes too long.
    private async ValueTask<int?> TryAsync(Func<CancellationToken, ValueTask<int>> work)
    {
        using var end = new CancellationTokenSource(Patience, time);
        try
        {
            return await work(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
