using System.Globalization;

namespace Ilb.Daemon.Running;

/// <summary>One line that tells an operator how it is, kept as news come.</summary>
internal static class StatusLine
{
    private const int Shown = 3;
    // To look costs the kernel time; what happens in between is in the next line.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The line of now.</summary>
    public static async Task<string> ReadAsync(LoadBalancer balancer, CancellationToken cancellationToken)
    {
        try
        {
            return Of(await balancer.GetStateAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (IlbException e)
        {
            return $"cannot read the kernel: {e.Message}";
        }
    }

    public static string Of(LoadBalancerState state)
    {
        var rules = state.Rules.Count == 1 ? "1 rule" : string.Create(CultureInfo.InvariantCulture, $"{state.Rules.Count} rules");
        var wrong = state.Rules.Where(static rule => rule.Kernel is not (KernelState.Complete or KernelState.Absent)).ToArray();
        if (wrong.Length == 0)
            return $"{rules}, all as they should be";
        var names = string.Join(", ", wrong.Take(Shown).Select(static rule => $"{Quote.Of(rule.Rule)} ({rule.Kernel.ToString().ToLowerInvariant()})"));
        return string.Create(CultureInfo.InvariantCulture, $"{rules}, {wrong.Length} not in the kernel as they should be: {names}{(wrong.Length > Shown ? ", …" : "")}");
    }

    /// <summary>Tells the line anew after each event.</summary>
    public static async Task FollowAsync(LoadBalancer balancer, ServiceManager manager, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var last = "";
            string? after = null;
            while (true)
            {
                await foreach (var happened in balancer.GetEventsAsync(after, cancellationToken).ConfigureAwait(false))
                {
                    after = happened.Id;
                    if (happened is EventsStarted or ReloadRefused)
                        continue;
                    break;
                }

                var line = await ReadAsync(balancer, cancellationToken).ConfigureAwait(false);
                if (line != last)
                    manager.TellStatus(line);
                last = line;
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It stops.
        }
    }
}
