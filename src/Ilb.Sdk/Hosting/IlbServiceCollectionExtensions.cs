using Ilb;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

// Where the methods of all others that are added to a host are found.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds load balancers to a host.</summary>
/// <remarks>
/// <para>
/// Before any hosted service starts, the configuration is put into the kernel, and from then on kept there: in a host <see cref="LoadBalancerOptions.KeepsKernel"/> is true, unless the options say otherwise. The host's
/// logging and, if it has one, its <see cref="TimeProvider"/> are used. A step that the kernel refuses, and a kernel that cannot be used yet, are logged and tried again. The start fails where nobody could put it right
/// meanwhile: wrong options, all of them named (<see cref="OptionsValidationException"/>); a damaged configuration, an instance that another process holds, missing rights (<see cref="IlbException"/>). Then the kernel stays
/// as it is.
/// </para>
/// <para>
/// When the host stops, what the kernel forwards stays, so that a restart disturbs no connection: a program cannot tell its restart from its end. Who knows that it is the end calls
/// <see cref="LoadBalancer.WithdrawAsync"/>, for instance where a hosted service of its own stops: load balancers are disposed after all hosted services have stopped.
/// </para>
/// <para>The options are ordinary named options, under the key; they can be configured from other services and from a configuration's section too.</para>
/// </remarks>
/// <example><code>
/// var builder = Host.CreateApplicationBuilder(args);
/// builder.Services.AddIlb(options => options.Instance = "shop");
/// builder.Services.AddHealthChecks().AddIlb();
/// // In any service: an ILoadBalancer from the constructor.
/// await builder.Build().RunAsync();
/// </code></example>
public static class IlbServiceCollectionExtensions
{
    /// <summary>Adds a load balancer: <see cref="ILoadBalancer"/> and <see cref="LoadBalancer"/>, one for all who ask. Added again, it is the same one, configured further.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Sets the options; null = the defaults of a host.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddIlb(this IServiceCollection services, Action<LoadBalancerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (AddOptions(services, null, configure))
        {
            services.TryAddSingleton(static provider => Make(provider, Options.Options.DefaultName));
            services.TryAddSingleton<ILoadBalancer>(static provider => provider.GetRequiredService<LoadBalancer>());
            services.AddSingleton<IHostedService>(static provider => new IlbService(provider, null));
        }

        return services;
    }

    /// <summary>
    /// Adds a load balancer under a key, beside others: <see cref="ILoadBalancer"/> and <see cref="LoadBalancer"/> as keyed services, with options of their own. Added again, it is the same one, configured further.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="key">The key, and the name of its options. If it is a name (<see cref="ObjectName"/>), then also of the instance, unless the options give another.</param>
    /// <param name="configure">Sets the options; null = the defaults of a host.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public static IServiceCollection AddKeyedIlb(this IServiceCollection services, string key, Action<LoadBalancerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (AddOptions(services, key, configure))
        {
            services.TryAddKeyedSingleton(key, static (provider, key) => Make(provider, (string)key!));
            services.TryAddKeyedSingleton<ILoadBalancer>(key, static (provider, key) => provider.GetRequiredKeyedService<LoadBalancer>(key));
            services.AddSingleton<IHostedService>(provider => new IlbService(provider, key));
        }

        return services;
    }

    // Whether it was not added before.
    private static bool AddOptions(IServiceCollection services, string? key, Action<LoadBalancerOptions>? configure)
    {
        var options = services.AddOptions<LoadBalancerOptions>(key);
        if (configure is not null)
            options.Configure(configure);
        if (services.Any(service => service.ServiceType == typeof(HostedDefaults) && Equals(service.ServiceKey, key ?? "")))
            return false;
        services.AddKeyedSingleton(key ?? "", (provider, _) => new HostedDefaults(key, provider));
        // The first of all: what a product configures counts, also if it did before it added the load balancer.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<LoadBalancerOptions>>(provider => provider.GetRequiredKeyedService<HostedDefaults>(key ?? "")));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LoadBalancerOptions>, LoadBalancerOptionsValidation>());
        options.ValidateOnStart();
        return true;
    }

    private static LoadBalancer Make(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<LoadBalancerOptions>>().Get(name);
        return provider.GetService<LoadBalancerFactory>() is { } make ? make(options) : LoadBalancer.Create(options);
    }
}
