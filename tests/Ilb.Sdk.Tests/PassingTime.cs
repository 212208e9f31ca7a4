using Microsoft.Extensions.Time.Testing;

namespace Ilb.Tests;

/// <summary>Lets time pass for an engine, a second after the other.</summary>
internal static class PassingTime
{
    // What a second brings may bring something else at once, and the loop tells an answer before it has armed its timer: so many turns later it has nothing more to do.
    private const int Turns = 4;

    /// <summary>Goes on, and returns when the engine has done what was due.</summary>
    public static async Task PassAsync(this FakeTimeProvider time, LoadBalancer balancer, int seconds)
    {
        await balancer.SettleAsync();
        for (var i = 0; i < seconds; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await balancer.SettleAsync();
        }
    }

    private static async Task SettleAsync(this LoadBalancer balancer)
    {
        for (var i = 0; i < Turns; i++)
            await balancer.RespondAsync();
    }
}
