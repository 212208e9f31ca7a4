namespace Ilb.Daemon.Running;

/// <summary>The life of the daemon: restore, serve, reload, stop.</summary>
internal sealed class DaemonProcess(DaemonArguments arguments, DaemonServerOptions options, LoadBalancer balancer, ServiceManager manager, Func<string, string?> variable)
{
    private readonly ILogger _logger = options.Balancer.LoggerFactory.CreateLogger("Ilb.Daemon");
    private readonly TimeProvider _time = options.Balancer.TimeProvider;
    private DaemonServer? _server;

    /// <summary>Runs until it is told to stop. The load balancer is disposed then.</summary>
    /// <param name="reloads">Completes each time that somebody asks for a reload.</param>
    /// <param name="stop">Cancelled to stop it.</param>
    /// <exception cref="IlbException">It cannot start.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> reloads, CancellationToken stop)
    {
        await using (balancer.ConfigureAwait(false))
        {
            // Before the kernel is touched.
            NodeSettingsFile.Load(options.NodePath);
            // Takes the lock, and puts into the kernel what the configuration asks for. What the kernel refuses is in the log, and is tried again.
            await balancer.ApplyAsync([], null, stop).ConfigureAwait(false);
            _server = await DaemonServer.StartAsync(options, balancer, stop).ConfigureAwait(false);
            await using (_server.ConfigureAwait(false))
            {
                manager.TellReady(await StatusLine.ReadAsync(balancer, stop).ConfigureAwait(false));
                Task[] tasks =
                [
                    StatusLine.FollowAsync(balancer, manager, _time, stop),
                    ReloadAsync(reloads, stop),
                    Watchdog.Interval(variable) is { } interval ? Watchdog.RunAsync(interval, balancer.RespondAsync, manager, _time, stop) : Task.CompletedTask,
                ];
                await Task.WhenAll(tasks).ConfigureAwait(false);
                manager.TellStopping();
                await _server.StopAsync().ConfigureAwait(false);
            }

            if (arguments.RemovesOnStop)
            {
                foreach (var step in await balancer.WithdrawAsync(CancellationToken.None).ConfigureAwait(false))
                    Log.Withdrawn(_logger, step.ToString(), step.Failure?.Message ?? "done");
            }
        }
    }

    private async Task ReloadAsync(Func<CancellationToken, Task> reloads, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await reloads(stop).ConfigureAwait(false);
                manager.TellReloading();
                try
                {
                    var result = await _server!.ReloadAsync(stop).ConfigureAwait(false);
                    Log.ReloadedBySignal(_logger, result.Version);
                    manager.TellReady(await StatusLine.ReadAsync(balancer, stop).ConfigureAwait(false));
                }
                catch (IlbException e)
                {
                    Log.ReloadBySignalRefused(_logger, string.Join("; ", e.Errors));
                    manager.TellReady($"reload refused, the configuration before goes on: {e.Message}");
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It stops.
        }
    }
}
