using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What the balancers of a site share: server groups, health checks, rules and failover groups. What belongs to one machine is <see cref="NodeSettings"/>. Immutable; a <see cref="Change"/> makes another.</summary>
/// <example><code>
/// var configuration = new CreateServerGroup { ServerGroup = group }.ApplyTo(Configuration.Empty);
/// </code></example>
public sealed record Configuration
{
    /// <summary>Makes a configuration without any object.</summary>
    public Configuration()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal Configuration(
        int format,
        ValueList<ServerGroup>? serverGroups = null,
        ValueList<HealthCheck>? healthChecks = null,
        ValueList<Rule>? rules = null,
        ValueList<FailoverGroup>? failoverGroups = null,
        string? schema = null)
    {
        Format = format;
        ServerGroups = serverGroups ?? [];
        HealthChecks = healthChecks ?? [];
        Rules = rules ?? [];
        FailoverGroups = failoverGroups ?? [];
        Schema = schema;
    }

    /// <summary>The configuration without any object.</summary>
    public static Configuration Empty { get; } = new();

    /// <summary>The server groups, in the order of their creation. Default none.</summary>
    [JsonPropertyOrder(1)]
    public ValueList<ServerGroup> ServerGroups { get; init; } = [];

    /// <summary>The health checks, in the order of their creation. Default none.</summary>
    [JsonPropertyOrder(2)]
    public ValueList<HealthCheck> HealthChecks { get; init; } = [];

    /// <summary>The rules, in the order of their creation. Default none.</summary>
    [JsonPropertyOrder(3)]
    public ValueList<Rule> Rules { get; init; } = [];

    /// <summary>The failover groups, in the order of their creation. Default none.</summary>
    [JsonPropertyOrder(4)]
    public ValueList<FailoverGroup> FailoverGroups { get; init; } = [];

    // For an editor; kept as it is.
    [JsonInclude]
    [JsonPropertyName("$schema")]
    [JsonPropertyOrder(-1)]
    internal string? Schema { get; init; }

    [JsonInclude]
    [JsonPropertyOrder(0)]
    internal int Format { get; init; } = IlbJson.Format;

    /// <summary>The server group of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public ServerGroup? FindServerGroup(string name) => ServerGroups.Find(group => group.Name == name);

    /// <summary>The health check of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public HealthCheck? FindHealthCheck(string name) => HealthChecks.Find(check => check.Name == name);

    /// <summary>The rule of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public Rule? FindRule(string name) => Rules.Find(rule => rule.Name == name);

    /// <summary>The failover group of a name, or null.</summary>
    /// <param name="name">The name.</param>
    public FailoverGroup? FindFailoverGroup(string name) => FailoverGroups.Find(group => group.Name == name);

    /// <summary>All that is wrong with it and its objects; empty if nothing is. Paths are those of its JSON form, as in <c>rules[2].ports</c>.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        ConfigurationChecks.Check(this, errors);
        return errors.ToValueList();
    }
}
