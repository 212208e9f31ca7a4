namespace Ilb;

/// <summary>A method for each verb. All of them are <see cref="ILoadBalancer.ApplyAsync"/> with one change, and throw what it throws.</summary>
/// <example><code>
/// await balancer.CreateServerGroupAsync(new ServerGroup { Name = "web", Servers = ServerSpec.Parse("10.0.0.11-10.0.0.14:8080") });
/// await balancer.CreateRuleAsync(new Rule
/// {
///     Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80, Topology = Topology.HalfNat, ServerGroup = "web",
/// });
/// </code></example>
public static class LoadBalancerExtensions
{
    /// <summary>Applies one change.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="change">The change.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> ApplyAsync(this ILoadBalancer balancer, Change change, ApplyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        ArgumentNullException.ThrowIfNull(change);
        return balancer.ApplyAsync([change], options, cancellationToken);
    }

    /// <summary>Takes what somebody outside found of servers; see <see cref="ILoadBalancer.JudgeAsync"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="verdict">What was found.</param>
    /// <param name="cancellationToken">Stops before it is taken.</param>
    public static Task<ApplyResult> JudgeAsync(this ILoadBalancer balancer, OutsideVerdict verdict, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        ArgumentNullException.ThrowIfNull(verdict);
        return balancer.JudgeAsync([verdict], cancellationToken);
    }

    /// <summary>Creates a server group; see <see cref="CreateServerGroup"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="serverGroup">The group.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> CreateServerGroupAsync(this ILoadBalancer balancer, ServerGroup serverGroup, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new CreateServerGroup { ServerGroup = serverGroup }, options, cancellationToken);

    /// <summary>Deletes a server group; see <see cref="DeleteServerGroup"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DeleteServerGroupAsync(this ILoadBalancer balancer, string name, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DeleteServerGroup { Name = name }, options, cancellationToken);

    /// <summary>Adds servers to a group; see <see cref="AddServers"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="serverGroup">The group's name.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> AddServersAsync(this ILoadBalancer balancer, string serverGroup, ValueList<Server> servers, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new AddServers { ServerGroup = serverGroup, Servers = servers }, options, cancellationToken);

    /// <summary>Removes servers from a group; see <see cref="RemoveServers"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="serverGroup">The group's name.</param>
    /// <param name="servers">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> RemoveServersAsync(this ILoadBalancer balancer, string serverGroup, ValueList<ServerSelector> servers, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new RemoveServers { ServerGroup = serverGroup, Servers = servers }, options, cancellationToken);

    /// <summary>Enables servers; see <see cref="EnableServers"/>, which takes all servers of a group too: <c>ApplyAsync(new EnableServers { ServerGroup = "web" })</c>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="servers">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> EnableServersAsync(this ILoadBalancer balancer, ValueList<ServerId> servers, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new EnableServers { Servers = servers }, options, cancellationToken);

    /// <summary>Disables servers; see <see cref="DisableServers"/>, which takes all servers of a group too: <c>ApplyAsync(new DisableServers { ServerGroup = "web" })</c>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="servers">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DisableServersAsync(this ILoadBalancer balancer, ValueList<ServerId> servers, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DisableServers { Servers = servers }, options, cancellationToken);

    /// <summary>Creates a health check; see <see cref="CreateHealthCheck"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="healthCheck">The health check.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> CreateHealthCheckAsync(this ILoadBalancer balancer, HealthCheck healthCheck, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new CreateHealthCheck { HealthCheck = healthCheck }, options, cancellationToken);

    /// <summary>Deletes health checks; see <see cref="DeleteHealthChecks"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DeleteHealthChecksAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DeleteHealthChecks { Names = names }, options, cancellationToken);

    /// <summary>Changes a rule; see <see cref="SetRule"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="change">What is changed, and to what.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> SetRuleAsync(this ILoadBalancer balancer, SetRule change, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(change, options, cancellationToken);

    /// <summary>Changes servers; see <see cref="SetServers"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="change">What is changed, and to what.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> SetServersAsync(this ILoadBalancer balancer, SetServers change, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(change, options, cancellationToken);

    /// <summary>Changes a health check; see <see cref="SetHealthCheck"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="change">What is changed, and to what.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> SetHealthCheckAsync(this ILoadBalancer balancer, SetHealthCheck change, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(change, options, cancellationToken);

    /// <summary>Replaces the whole configuration; see <see cref="ReplaceAll"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="configuration">The new configuration.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> ReplaceAllAsync(this ILoadBalancer balancer, Configuration configuration, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new ReplaceAll { Configuration = configuration }, options, cancellationToken);

    /// <summary>Creates a rule; see <see cref="CreateRule"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> CreateRuleAsync(this ILoadBalancer balancer, Rule rule, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new CreateRule { Rule = rule }, options, cancellationToken);

    /// <summary>Deletes rules; see <see cref="DeleteRules"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DeleteRulesAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DeleteRules { Names = names }, options, cancellationToken);

    /// <summary>Enables rules; see <see cref="EnableRules"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> EnableRulesAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new EnableRules { Names = names }, options, cancellationToken);

    /// <summary>Disables rules; see <see cref="DisableRules"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DisableRulesAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DisableRules { Names = names }, options, cancellationToken);

    /// <summary>Creates a failover group; see <see cref="CreateFailoverGroup"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="failoverGroup">The failover group.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> CreateFailoverGroupAsync(this ILoadBalancer balancer, FailoverGroup failoverGroup, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new CreateFailoverGroup { FailoverGroup = failoverGroup }, options, cancellationToken);

    /// <summary>Deletes failover groups; see <see cref="DeleteFailoverGroups"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DeleteFailoverGroupsAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DeleteFailoverGroups { Names = names }, options, cancellationToken);

    /// <summary>Enables failover groups; see <see cref="EnableFailoverGroups"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> EnableFailoverGroupsAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new EnableFailoverGroups { Names = names }, options, cancellationToken);

    /// <summary>Disables failover groups; see <see cref="DisableFailoverGroups"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="names">Which.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> DisableFailoverGroupsAsync(this ILoadBalancer balancer, ValueList<string> names, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(new DisableFailoverGroups { Names = names }, options, cancellationToken);

    /// <summary>Changes a failover group; see <see cref="SetFailoverGroup"/>.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="change">What is changed, and to what.</param>
    /// <param name="options">Expected version, dry run; null = none.</param>
    /// <param name="cancellationToken">Stops before the configuration is saved.</param>
    public static Task<ApplyResult> SetFailoverGroupAsync(this ILoadBalancer balancer, SetFailoverGroup change, ApplyOptions? options = null, CancellationToken cancellationToken = default) =>
        balancer.ApplyAsync(change, options, cancellationToken);
}
