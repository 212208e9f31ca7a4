using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ilb;

/// <summary>What is different in a host, before anybody else sets the options of a load balancer.</summary>
/// <param name="key">Of the load balancer; null = of the one without.</param>
/// <param name="provider">The host's services.</param>
internal sealed class HostedDefaults(string? key, IServiceProvider provider) : IConfigureNamedOptions<LoadBalancerOptions>
{
    public void Configure(LoadBalancerOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, LoadBalancerOptions options)
    {
        if (name != (key ?? Options.DefaultName))
            return;
        // Two in one program must not share an instance; a key that is no name leaves it to the product.
        if (key is not null && ObjectName.IsValid(key))
            options.Instance = key;
        // A host lives.
        options.KeepsKernel = true;
        options.LoggerFactory = provider.GetService<ILoggerFactory>() ?? options.LoggerFactory;
        options.TimeProvider = provider.GetService<TimeProvider>() ?? options.TimeProvider;
    }
}
