using Ilb;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using HealthStatus = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds load balancers to the health checks of a host.</summary>
public static class IlbHealthChecksBuilderExtensions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds a load balancer to the health checks. It is healthy while the kernel holds all of every enabled rule; degraded while of some rules it holds nothing, something else, or a service of somebody else
    /// (the data says which: rule → <see cref="KernelState"/>); unhealthy if the configuration or the kernel cannot be read, or the load balancer does not respond in time.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check. Null = <c>ilb</c>, or <c>ilb-KEY</c>.</param>
    /// <param name="key">The key of the load balancer. Null = the one without.</param>
    /// <param name="failureStatus">What is reported instead of unhealthy. Null = unhealthy.</param>
    /// <param name="tags">Tags of the check. Null = none.</param>
    /// <param name="timeout">How long the load balancer may take to respond, more than zero. Null = 10 s.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not more than zero.</exception>
    /// <example><code>
    /// builder.Services.AddKeyedIlb("edge");
    /// builder.Services.AddHealthChecks().AddIlb(key: "edge");    // named ilb-edge
    /// </code></example>
    public static IHealthChecksBuilder AddIlb(this IHealthChecksBuilder builder, string? name = null, string? key = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var limit = timeout ?? DefaultTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        return builder.Add(new HealthCheckRegistration(name ?? (key is null ? "ilb" : $"ilb-{key}"), Make, failureStatus, tags));

        IHealthCheck Make(IServiceProvider provider) => new KernelHealthCheck(
            key is null ? provider.GetRequiredService<ILoadBalancer>() : provider.GetRequiredKeyedService<ILoadBalancer>(key), limit, provider.GetService<TimeProvider>() ?? TimeProvider.System);
    }
}
