namespace Ilb;

/// <summary>A load balancer: its configuration, changes of it, and its state. <see cref="LoadBalancerExtensions"/> has a method for each verb. Members may be called by several threads.</summary>
public interface ILoadBalancer : IAsyncDisposable
{
    /// <summary>Reads the configuration and its version. Needs neither the kernel nor the instance's lock.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IlbException">The configuration cannot be read or understood, or it is gone although its rules are forwarded.</exception>
    Task<ConfigurationSnapshot> GetConfigurationAsync(CancellationToken cancellationToken = default);

    /// <summary>Applies changes, whole or not at all: checks them, saves the configuration, and puts into the kernel what it asks for.</summary>
    /// <remarks>Calls take turns. Those that come while others are under way share a save: each list is applied to the configuration as the calls before it leave it, and is refused, or not, for itself.</remarks>
    /// <param name="changes">The changes, in order. None = only put into the kernel what the configuration asks for.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved; afterwards it has no effect.</param>
    /// <returns>What was done. Steps that the kernel refused are in it, with <see cref="ApplyResult.Converged"/> false; the next call tries them again.</returns>
    /// <exception cref="IlbException">The changes are refused, with all reasons; nothing changed.</exception>
    Task<ApplyResult> ApplyAsync(IReadOnlyList<Change> changes, ApplyOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes what somebody outside found of servers, all or none: a server is out of service where it is dead by such a word or by the rule's own check. See <see cref="OutsideVerdict"/>.</summary>
    /// <param name="verdicts">The verdicts, in order; of those about the same server the last counts.</param>
    /// <param name="cancellationToken">Stops before they are taken; afterwards it has no effect.</param>
    /// <returns>What was done in the kernel, without changes. Where the kernel refused a step, <see cref="ApplyResult.Converged"/> is false; the verdicts stand, and it is tried again.</returns>
    /// <exception cref="IlbException">The verdicts are refused, with all reasons: <see cref="IlbErrorCode.InvalidArgument"/>, <see cref="IlbErrorCode.NoSuchServer"/>, <see cref="IlbErrorCode.NoSuchServerGroup"/>,
    /// <see cref="IlbErrorCode.NoSuchRule"/>; nothing changed.</exception>
    Task<ApplyResult> JudgeAsync(IReadOnlyList<OutsideVerdict> verdicts, CancellationToken cancellationToken = default);

    /// <summary>Reads what the kernel holds of the configured rules.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IlbException">The configuration cannot be read, or the kernel's state cannot.</exception>
    Task<LoadBalancerState> GetStateAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads what the kernel has counted for the configured rules.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IlbException">The configuration cannot be read, or the kernel's counters cannot.</exception>
    Task<LoadBalancerStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default);

    /// <summary>Looks for what keeps traffic from the rules, or will: in the packet filter, addresses, routes, settings, servers and the kernel's tables. It changes nothing.</summary>
    /// <param name="rules">The names of the rules to look at; null or none = all.</param>
    /// <param name="cancellationToken">Stops the looking.</param>
    /// <returns>What was found, the worst first. What cannot be told from outside is a "may" in it.</returns>
    /// <exception cref="IlbException">A rule does not exist; the configuration cannot be read; or the kernel cannot, which needs root or <c>CAP_NET_ADMIN</c>.</exception>
    Task<Diagnosis> DiagnoseAsync(IReadOnlyCollection<string>? rules = null, CancellationToken cancellationToken = default);

    /// <summary>Events as they happen, without end. The first is <see cref="EventsStarted"/>; nothing that happens after it is missed without an <see cref="EventsLost"/> in its place.</summary>
    /// <remarks>The latest 1,024 events are kept for those who resume or read slowly; a reader that lags behind costs nothing.</remarks>
    /// <param name="after">The <see cref="LoadBalancerEvent.Id"/> of the last event that the reader has; null = from now on.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="IlbException">The load balancer cannot be reached any more.</exception>
    IAsyncEnumerable<LoadBalancerEvent> GetEventsAsync(string? after = null, CancellationToken cancellationToken = default);
}
