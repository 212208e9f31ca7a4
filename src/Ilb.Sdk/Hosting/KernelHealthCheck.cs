using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ilb;

/// <summary>Whether the kernel holds what a load balancer is configured to do, as a health check of a host.</summary>
internal sealed class KernelHealthCheck(ILoadBalancer balancer, TimeSpan timeout, TimeProvider time) : IHealthCheck
{
    // So many rules are named in the description; the data has all.
    private const int NamedRules = 3;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            if (balancer is LoadBalancer engine)
                await engine.RespondAsync(either.Token).ConfigureAwait(false);
            return Judge(await balancer.GetStateAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, $"the load balancer has not responded for {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
        catch (Exception e) when (e is IlbException or ObjectDisposedException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }

    private static HealthCheckResult Judge(LoadBalancerState state)
    {
        var enabled = state.Rules.Count(static rule => rule.Administration == AdministrativeState.Enabled);
        var wrong = state.Rules.Where(static rule => rule.Kernel is not (KernelState.Complete or KernelState.Absent)).ToArray();
        if (wrong.Length == 0)
            return HealthCheckResult.Healthy($"the kernel holds {Rules(enabled)}");
        var named = wrong.Take(NamedRules).Select(static rule => $"{Quote.Of(rule.Rule)} ({rule.Kernel})");
        var rest = wrong.Length > NamedRules ? $", {wrong.Length - NamedRules} more" : "";
        return HealthCheckResult.Degraded($"of {Rules(enabled)} the kernel does not hold {wrong.Length}: {string.Join(", ", named)}{rest}", data: wrong.ToDictionary(static rule => rule.Rule, static rule => (object)rule.Kernel));
    }

    private static string Rules(int count) => count == 1 ? "1 enabled rule" : $"{count} enabled rules";
}
