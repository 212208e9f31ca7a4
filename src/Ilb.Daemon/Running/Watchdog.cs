using System.Globalization;

namespace Ilb.Daemon.Running;

/// <summary>Tells systemd that the load balancer is alive, for as long as its loop answers: one that hangs must be restarted.</summary>
internal static class Watchdog
{
    /// <summary>How often systemd wants to hear it at least; null if it does not.</summary>
    public static TimeSpan? Interval(Func<string, string?> variable)
    {
        if (!long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) || microseconds <= 0)
            return null;
        var isOurs = variable("WATCHDOG_PID") is not { Length: > 0 } process || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isOurs ? TimeSpan.FromMicroseconds(Math.Min(microseconds, TimeSpan.FromDays(1).TotalMicroseconds)) : null;
    }

    public static async Task RunAsync(TimeSpan interval, Func<CancellationToken, Task> respond, ServiceManager manager, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await respond(cancellationToken).ConfigureAwait(false);
                manager.TellAlive();
                await Task.Delay(interval / 2, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It stops.
        }
    }
}
