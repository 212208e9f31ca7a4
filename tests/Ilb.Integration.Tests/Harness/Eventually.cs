using Ilb.Testing;

namespace Ilb.Integration.Tests.Harness;

/// <summary>Waits for what the kernel does in its own time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeLimit.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks again until the assertions hold; at the deadline the last failure is thrown.</summary>
    public static async Task HoldsAsync(Func<Task> assertions)
    {
        var clock = TimeProvider.System;
        long started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await assertions();
                return;
            }
            catch (Xunit.Sdk.XunitException) when (clock.GetElapsedTime(started) < Deadline)
            {
                await Task.Delay(Interval, clock, TestContext.Current.CancellationToken);
            }
        }
    }
}
