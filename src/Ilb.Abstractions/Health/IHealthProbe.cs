namespace Ilb;

/// <summary>A health probe of a product's own. It is registered by a name and then called for each server that is checked by it, again and again, for many servers at the same time.</summary>
/// <remarks>
/// An exception counts as a dead server with its message as the reason. A probe that goes on past the time limit is given up: the server counts as dead, and a probe that keeps hanging is not called for more
/// servers than a bound allows, so that it cannot exhaust the process. It may block: it is called on threads of its own. A probe should end when its cancellation token says so.
/// </remarks>
/// <example><code>
/// sealed class QueueProbe : IHealthProbe
/// {
///     public async Task&lt;ProbeResult> ProbeAsync(ProbeContext context, CancellationToken cancellationToken) =>
///         await Queue.DepthAsync(context.Address, context.Port!.Value, cancellationToken) &lt; 1000 ? ProbeResult.Alive() : ProbeResult.Dead("the queue is full");
/// }
/// </code></example>
public interface IHealthProbe
{
    /// <summary>Finds out whether a server is alive.</summary>
    /// <param name="context">The server, and how long it may take.</param>
    /// <param name="cancellationToken">Set when the time is over or the load balancer ends.</param>
    Task<ProbeResult> ProbeAsync(ProbeContext context, CancellationToken cancellationToken);
}
