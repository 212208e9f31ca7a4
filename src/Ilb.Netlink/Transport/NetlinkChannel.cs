namespace Ilb.Netlink.Transport;

/// <summary>
/// Lets asynchronous callers take turns on a connection. The work itself blocks, on a pool thread: the kernel answers within the send, in microseconds. A caller that
/// gives up, or a kernel that hangs, costs only that thread and that connection; the next call opens another.
/// </summary>
internal sealed class NetlinkChannel(NetlinkOptions options, Func<NetlinkConnection> open) : IDisposable
{
    // A receive ends by itself after the response timeout, and says more; what makes no progress for longer hangs in another call.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private NetlinkConnection? _idle;
    private volatile bool _disposed;

    public NetlinkOptions Options => options;

    /// <summary>A channel over real sockets.</summary>
    /// <param name="options">The namespace and the deadlines.</param>
    /// <param name="protocol">NETLINK_ROUTE (0) or NETLINK_GENERIC (16).</param>
    /// <param name="receiveBufferLength">At least the length of any answer that is not a list.</param>
    public static NetlinkChannel Open(NetlinkOptions options, int protocol, int receiveBufferLength) =>
        new(options, () => new NetlinkConnection(OpenSocket(options, protocol), options, receiveBufferLength));

    public async Task<T> RunAsync<T>(Func<NetlinkConnection, CancellationToken, T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(NetlinkChannel));
            var session = new Session { Connection = Interlocked.Exchange(ref _idle, null) };
            // Not the caller's token: what is given up for its silence must not go on sending either, should it wake up later.
            using var givenUp = new CancellationTokenSource();
            var token = givenUp.Token;
            var task = Task.Run(
                () =>
                {
                    session.Connection ??= open();
                    token.ThrowIfCancellationRequested();
                    return work(session.Connection, token);
                },
                CancellationToken.None);
            try
            {
                return await WaitAsync(task, session, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (!task.IsCompleted)
                    await givenUp.CancelAsync().ConfigureAwait(false);
                Release(task, session);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes the connection; a call under way still ends.</summary>
    public void Dispose()
    {
        _disposed = true;
        Interlocked.Exchange(ref _idle, null)?.Dispose();
    }

    private static NetlinkSocket OpenSocket(NetlinkOptions options, int protocol)
    {
        if (options.NetworkNamespace is null)
            return NetlinkSocket.Open(protocol);
        using var space = NetworkNamespace.Enter(options.NetworkNamespace);
        return space.Run(() => NetlinkSocket.Open(protocol));
    }

    // What waits for an answer has a deadline of its own; this one is for a send that does not return.
    private async Task<T> WaitAsync<T>(Task<T> task, Session session, CancellationToken cancellationToken)
    {
        while (true)
        {
            long seen = session.Connection?.Progress ?? 0;
            try
            {
                return await task.WaitAsync(options.ResponseTimeout + Grace, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!task.IsCompleted)
            {
                // With progress it may have more time.
                if ((session.Connection?.Progress ?? 0) == seen)
                {
                    throw new NetlinkException(NetlinkErrorCode.Timeout,
                        $"the kernel has not answered for {options.ResponseTimeout.TotalSeconds} s; a call hangs in it");
                }
            }
            catch (TimeoutException)
            {
                // It ended meanwhile, or this is an exception of its own.
                return await task.ConfigureAwait(false);
            }
        }
    }

    private void Release<T>(Task<T> task, Session session)
    {
        if (!task.IsCompleted)
        {
            task.ContinueWith(
                static (done, state) =>
                {
                    _ = done.Exception;
                    ((Session)state!).Connection?.Dispose();
                },
                session, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return;
        }

        if (session.Connection is not { } connection)
            return;
        if (!connection.IsClean)
        {
            connection.Dispose();
            return;
        }

        // With a fence: either this sees that the channel was disposed, or disposal sees the connection.
        Interlocked.Exchange(ref _idle, connection);
        if (_disposed)
            Interlocked.Exchange(ref _idle, null)?.Dispose();
    }

    private sealed class Session
    {
        public NetlinkConnection? Connection { get; set; }
    }
}
