using System.Globalization;

namespace Ilb.Daemon.Running;

/// <summary>One line that tells an operator how it is, kept as news come.</summary>
internal static class StatusLine
{
    private const int Shown = 3;
    // To look costs the kernel time; what happens in between is in the next line.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The line of now.</summary>
    public static async Task<string> ReadAsync(LoadBalancer balancer, CancellationToken cancellationToken) => (await LookAsync(balancer, cancellationToken).ConfigureAwait(false)).Line;

    public static string Of(LoadBalancerState state)
    {
        var rules = state.Rules.Count == 1 ? "1 rule" : string.Create(CultureInfo.InvariantCulture, $"{state.Rules.Count} rules");
        var wrong = state.Rules.Where(IsWrong).ToArray();
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
            var isWell = true;
            while (true)
            {
                // What is not well yet is looked at again in any case: it may be in the midst of a change, whose end is no event.
                if (isWell)
                {
                    await foreach (var happened in balancer.GetEventsAsync(after, cancellationToken).ConfigureAwait(false))
                    {
                        after = happened.Id;
                        if (happened is EventsStarted or ReloadRefused)
                            continue;
                        break;
                    }
                }

                (var line, isWell) = await LookAsync(balancer, cancellationToken).ConfigureAwait(false);
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

    private static async Task<(string Line, bool IsWell)> LookAsync(LoadBalancer balancer, CancellationToken cancellationToken)
    {
        try
        {
            var state = await balancer.GetStateAsync(cancellationToken).ConfigureAwait(false);
            return (Of(state), !state.Rules.Any(IsWrong));
        }
        catch (IlbException e)
        {
            return ($"cannot read the kernel: {e.Message}", false);
        }
    }

    private static bool IsWrong(RuleState rule) => rule.Kernel is not (KernelState.Complete or KernelState.Absent);
}
