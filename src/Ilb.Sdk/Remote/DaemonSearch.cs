using System.Globalization;
using System.Net.Sockets;

namespace Ilb;

/// <summary>Looks for the daemon that the options mean.</summary>
internal static class DaemonSearch
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);

    /// <summary>The daemon; null where there is none, so that an engine of one's own is in its place.</summary>
    /// <exception cref="IlbException">Somebody listens but does not answer, or is another than was meant; or the socket that was named is not there.</exception>
    public static async Task<RemoteLoadBalancer?> FindAsync(LoadBalancerOptions options, CancellationToken cancellationToken)
    {
        var path = options.SocketPath ?? DaemonSocket.DefaultPath(options);
        for (var isFirst = true; ; isFirst = false)
        {
            if (await ConnectAsync(path, options, cancellationToken).ConfigureAwait(false) is not { } socket)
                return options.SocketPath is null ? null : throw DaemonSocket.Absent(path);
            try
            {
                return await GreetAsync(path, socket, options, cancellationToken).ConfigureAwait(false);
            }
            catch (IlbException e) when (isFirst && e.Code == IlbErrorCode.DaemonUnreachable)
            {
                // It was just ending: now it is gone, or there is another.
            }
        }
    }

    private static async ValueTask<Socket?> ConnectAsync(string path, LoadBalancerOptions options, CancellationToken cancellationToken)
    {
        var attempt = DaemonSocket.TryConnectAsync(path, options.TimeProvider, cancellationToken);
        if (attempt.IsCompleted)
            return await attempt.ConfigureAwait(false);
        // Its queue is full.
        try
        {
            return await attempt.AsTask().WaitAsync(Wait(options), options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new IlbException(IlbErrorCode.Timeout, $"the daemon at {path} takes no connection within {Seconds(options)} s", e);
        }
    }

    private static TimeSpan Wait(LoadBalancerOptions options) => options.LockTimeout > ShortestWait ? options.LockTimeout : ShortestWait;

    private static string Seconds(LoadBalancerOptions options) => Wait(options).TotalSeconds.ToString(CultureInfo.InvariantCulture);

    private static async Task<RemoteLoadBalancer> GreetAsync(string path, Socket socket, LoadBalancerOptions options, CancellationToken cancellationToken)
    {
        var balancer = new RemoteLoadBalancer(new RemoteLoadBalancerOptions { SocketPath = path, TimeProvider = options.TimeProvider }, socket, new Random());
        try
        {
            using var limit = new CancellationTokenSource(Wait(options), options.TimeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                Check(await balancer.DescribeAsync(either.Token).ConfigureAwait(false), path, options);
                return balancer;
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new IlbException(IlbErrorCode.Timeout, $"the daemon at {path} does not answer within {Seconds(options)} s", e);
            }
        }
        catch
        {
            await balancer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // All that differs is told at once.
    private static void Check(DaemonDescription daemon, string path, LoadBalancerOptions options)
    {
        var errors = new List<IlbError>();
        if (daemon.Instance != options.Instance)
            Differ("instance", $"runs instance {Quote.Of(daemon.Instance)}, not {Quote.Of(options.Instance)}");
        if (options.ConfigurationPath is { } named && Path.GetFullPath(named) is var file && !IsSameFile(file, daemon.Configuration))
            Differ("configurationPath", $"keeps the configuration {daemon.Configuration}, not {file}");
        // A socket that is named may lead elsewhere on purpose; the default one is where all namespaces of a machine see it.
        if ((options.NetworkNamespace is not null || options.SocketPath is null) && NetworkNamespaceId.Read(options.NetworkNamespace) is var space && space != daemon.NetworkNamespace)
            Differ("networkNamespace", $"works in network namespace {daemon.NetworkNamespace}, not in {space}{(options.NetworkNamespace is null ? ", the caller's own" : $" ({options.NetworkNamespace})")}");
        if (errors.Count > 0)
            throw new IlbException(errors.ToValueList());

        void Differ(string option, string how) => errors.Add(new IlbError { Code = IlbErrorCode.OtherDaemon, Path = option, Message = $"the daemon at {path} {how}" });
    }

    // By whatever names: /var/lib may be a link.
    private static bool IsSameFile(string path, string other)
    {
        if (path == other)
            return true;
        try
        {
            return LinuxCalls.Identity(path) == LinuxCalls.Identity(other);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
