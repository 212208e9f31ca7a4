using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ilb;

/// <summary>Puts the configuration into the kernel before the services of a host start, so that all of them find it there. At the stop the kernel is left as it is.</summary>
/// <param name="provider">The host's services. The load balancer is taken from them at the start only: a host makes its services before it checks all options.</param>
/// <param name="key">Of the load balancer; null = of the one without.</param>
internal sealed class IlbService(IServiceProvider provider, string? key) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var balancer = key is null ? provider.GetRequiredService<ILoadBalancer>() : provider.GetRequiredKeyedService<ILoadBalancer>(key);
        try
        {
            // Steps that the kernel refuses are logged where they are made.
            await balancer.ApplyAsync([], null, cancellationToken).ConfigureAwait(false);
        }
        catch (IlbException e) when (e.Code != IlbErrorCode.PermissionDenied && balancer is LoadBalancer { IsKeeping: true })
        {
            var logger = provider.GetService<ILoggerFactory>()?.CreateLogger("Ilb") ?? NullLogger.Instance;
            HostLog.NotStarted(logger, key is null ? "" : $" {Quote.Of(key)}", e.Message);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
