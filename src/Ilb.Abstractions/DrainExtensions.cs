namespace Ilb;

/// <summary>Waiting until servers have no connections any more.</summary>
public static class DrainExtensions
{
    // One may be under way to a server that has just lost its weight: there must be none twice.
    private const int LooksWithout = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    // Draining goes on over restarts of the daemon, and so does whoever waits for it.
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromMinutes(5);

    /// <summary>Disables servers, in every rule of their groups, and waits until they have no connections any more: for TCP and SCTP none that is open, for UDP none that the kernel still remembers; or until <see cref="Rule.ConnectionDrain"/> has cut them.</summary>
    /// <remarks>Servers of UDP rules lose their connections at once, unless the rule has a <see cref="Rule.ConnectionDrain"/>. Cancelled or timed out, the servers stay disabled; <see cref="EnableServers"/> takes them back into service at any time.</remarks>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="servers">Which.</param>
    /// <param name="timeout">How long to wait; null (default) or <see cref="Timeout.InfiniteTimeSpan"/> = as long as it takes.</param>
    /// <param name="time">The clock; null (default) = the system's.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Those that still have connections after the time; none if all are drained, or were enabled again meanwhile.</returns>
    /// <exception cref="IlbException">The servers cannot be disabled, or the kernel's state cannot be read.</exception>
    /// <example><code>
    /// var left = await balancer.DrainAsync([ServerId.Parse("_web.3")], TimeSpan.FromMinutes(5));
    /// if (left.Count == 0)
    ///     await balancer.RemoveServersAsync("web", [ServerSelector.Parse("_web.3")]);
    /// </code></example>
    public static async Task<ValueList<DrainingServer>> DrainAsync(this ILoadBalancer balancer, ValueList<ServerId> servers, TimeSpan? timeout = null, TimeProvider? time = null, CancellationToken cancellationToken = default) =>
        await balancer.WaitForDrainAsync(await balancer.DisableServersAsync(servers, cancellationToken: cancellationToken).ConfigureAwait(false), timeout, time, cancellationToken).ConfigureAwait(false);

    /// <summary>Waits until what changes have removed or disabled has no connections any more, see <see cref="LoadBalancerState.Draining"/>. Where nobody keeps the kernel, this lets go what has none. A daemon that is started anew is waited for, up to five minutes.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="result">What the changes came to. It is waited for servers and rules that they name; after <see cref="ReplaceAll"/>, for all that drains.</param>
    /// <param name="timeout">How long to wait; null (default) or <see cref="Timeout.InfiniteTimeSpan"/> = as long as it takes.</param>
    /// <param name="time">The clock; null (default) = the system's.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Those that still have connections after the time; none if all are drained, or were enabled again meanwhile.</returns>
    /// <exception cref="IlbException">The kernel's state cannot be read.</exception>
    public static async Task<ValueList<DrainingServer>> WaitForDrainAsync(this ILoadBalancer balancer, ApplyResult result, TimeSpan? timeout = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        ArgumentNullException.ThrowIfNull(result);
        if (timeout == Timeout.InfiniteTimeSpan)
            timeout = null;
        time ??= TimeProvider.System;
        var (scope, start, without) = (new DrainScope(result.Changes), time.GetTimestamp(), 0);
        var (seen, rest, letsGo) = (start, result.Draining.Filter(scope.Contains), false);
        while (!scope.IsEmpty)
        {
            try
            {
                if (letsGo)
                    await balancer.ApplyAsync([], cancellationToken: cancellationToken).ConfigureAwait(false);
                var state = await balancer.GetStateAsync(cancellationToken).ConfigureAwait(false);
                (seen, rest) = (time.GetTimestamp(), state.Draining.Filter(scope.Contains));
                without = rest.Count == 0 ? without + 1 : 0;
                if (without == LooksWithout)
                    break;
                letsGo = !state.IsChecked && rest.Count > 0;
            }
            catch (IlbException e) when (e.Code == IlbErrorCode.DaemonUnreachable && time.GetElapsedTime(seen) < LongestAbsence)
            {
                without = 0;
            }

            var left = timeout - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                return rest;
            await Task.Delay(left < Interval ? left.Value : Interval, time, cancellationToken).ConfigureAwait(false);
        }

        return [];
    }

    // Whom changes may have taken out of service.
    private sealed class DrainScope
    {
        private readonly HashSet<ServerId> _servers = [];
        private readonly HashSet<string> _groups = [];
        private readonly HashSet<string> _rules = [];
        private readonly bool _isAll;

        public DrainScope(IEnumerable<Change> changes)
        {
            foreach (var change in changes)
            {
                switch (change)
                {
                    case DisableServers disable:
                        Add(disable.Servers, disable.ServerGroup);
                        break;
                    case SetServers set:
                        Add(set.Servers, set.ServerGroup);
                        break;
                    case RemoveServers remove:
                        // Resolved, so by ID.
                        Add(remove.Servers.Select(static server => server.Id).OfType<ServerId>(), null);
                        break;
                    case DisableRules { All: false, Names: var names }:
                        _rules.UnionWith(names);
                        break;
                    case DeleteRules { All: false, Names: var names }:
                        _rules.UnionWith(names);
                        break;
                    case SetRule { Name: var name }:
                        _rules.Add(name);
                        break;
                    case DisableRules or DeleteRules or ReplaceAll:
                        _isAll = true;
                        break;
                }
            }
        }

        public bool IsEmpty => !_isAll && _servers.Count + _groups.Count + _rules.Count == 0;

        public bool Contains(DrainingServer server) => _isAll || _rules.Contains(server.Rule) || _servers.Contains(server.Server) || _groups.Contains(server.Server.ServerGroup);

        private void Add(IEnumerable<ServerId> servers, string? group)
        {
            _servers.UnionWith(servers);
            if (group is not null)
                _groups.Add(group);
        }
    }
}
