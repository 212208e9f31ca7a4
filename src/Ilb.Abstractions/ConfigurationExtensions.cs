using System.Runtime.CompilerServices;

namespace Ilb;

/// <summary>What programs do again and again with a load balancer's configuration: watch it, see what a change would do, decide by what is there.</summary>
/// <example><code>
/// // As many servers as somebody else says there should be, whoever changes the group at the same time.
/// await balancer.UpdateAsync(configuration =>
/// {
///     var missing = wanted - configuration.FindServerGroup("web")!.Servers.Count;
///     return missing > 0 ? [new AddServers { ServerGroup = "web", Servers = Start(missing) }] : [];
/// });
/// </code></example>
public static class ConfigurationExtensions
{
    private const int Attempts = 100;

    /// <summary>The configuration as it is now, and each time that it has changed, without end. Versions that follow each other fast may be passed over; the last is not.</summary>
    /// <remarks>What was changed past the load balancer, in its file, is seen when it is reloaded.</remarks>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="IlbException">The configuration cannot be read, or the load balancer not be reached any more.</exception>
    public static async IAsyncEnumerable<ConfigurationSnapshot> WatchAsync(this ILoadBalancer balancer, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        string? version = null;
        await foreach (var happened in balancer.GetEventsAsync(null, cancellationToken).ConfigureAwait(false))
        {
            var isNews = happened switch
            {
                EventsStarted or EventsLost => true,
                ConfigurationChanged changed => changed.Version != version,
                ConfigurationReloaded reloaded => reloaded.Version != version,
                _ => false,
            };
            if (!isNews)
                continue;
            var present = await balancer.GetConfigurationAsync(cancellationToken).ConfigureAwait(false);
            if (present.Version == version)
                continue;
            version = present.Version;
            yield return present;
        }
    }

    /// <summary>What changes would do: <see cref="ILoadBalancer.ApplyAsync"/> as a dry run.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="changes">The changes, in order. None = what is missing in the kernel.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IlbException">The changes are refused, with all reasons.</exception>
    public static Task<ApplyResult> PlanAsync(this ILoadBalancer balancer, IReadOnlyList<Change> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        return balancer.ApplyAsync(changes, new ApplyOptions { DryRun = true }, cancellationToken);
    }

    /// <summary>Reads the configuration, has changes decided by it, and applies them only if it is still the same; else once more. So nothing that others change at the same time is overwritten unseen.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="decide">The changes for a configuration; it is called again when somebody was faster. None = there is nothing to do, and nothing is done.</param>
    /// <param name="options">Dry run, adoption; null = none. The expected version is the one that was decided by, whatever is given here.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    /// <returns>What was done; null if nothing was to be.</returns>
    /// <exception cref="IlbException">The changes are refused, with all reasons; or <see cref="IlbErrorCode.VersionConflict"/>: others were faster a hundred times.</exception>
    public static async Task<ApplyResult?> UpdateAsync(this ILoadBalancer balancer, Func<Configuration, IReadOnlyList<Change>> decide, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        ArgumentNullException.ThrowIfNull(decide);
        options ??= new ApplyOptions();
        for (var attempt = 1; ; attempt++)
        {
            var present = await balancer.GetConfigurationAsync(cancellationToken).ConfigureAwait(false);
            var changes = decide(present.Configuration);
            if (changes.Count == 0)
                return null;
            try
            {
                return await balancer.ApplyAsync(changes, options with { ExpectedVersion = present.Version }, cancellationToken).ConfigureAwait(false);
            }
            catch (IlbException e) when (e.Code == IlbErrorCode.VersionConflict && attempt < Attempts)
            {
                // Somebody was faster.
            }
        }
    }
}
