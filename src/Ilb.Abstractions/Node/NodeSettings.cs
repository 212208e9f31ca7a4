using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What belongs to one machine and not to the site: the file <c>node.json</c> beside the configuration. No <see cref="Change"/> changes it.</summary>
/// <example><code>
/// var node = new NodeSettings { FailoverGroups = [new FailoverPriority { Name = "site", Priority = 150 }] };
/// byte[] file = IlbJson.Serialize(node);
/// </code></example>
public sealed record NodeSettings
{
    /// <summary>The shortest <see cref="AuditInterval"/>, a second.</summary>
    public static TimeSpan MinimumAuditInterval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest <see cref="AuditInterval"/>, a day.</summary>
    public static TimeSpan MaximumAuditInterval { get; } = TimeSpan.FromDays(1);

    private static readonly TimeSpan DefaultAuditInterval = TimeSpan.FromSeconds(10);

    /// <summary>Makes settings with the defaults.</summary>
    public NodeSettings()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    // A duration of 0 is one that was left out: the reader refuses 0.
    [JsonConstructor]
    internal NodeSettings(
        int format,
        ValueList<InterfaceName>? interfaces = null,
        ValueList<FailoverPriority>? failoverGroups = null,
        SyncSettings? sync = null,
        MarkSettings? marks = null,
        TimeSpan auditInterval = default,
        ValueList<GroupAccess>? groups = null,
        ProbeSettings? probes = null,
        StatusPage? statusPage = null,
        string? notify = null,
        string? schema = null)
    {
        Format = format;
        Interfaces = interfaces ?? [];
        FailoverGroups = failoverGroups ?? [];
        Sync = sync;
        Marks = marks ?? new MarkSettings();
        AuditInterval = auditInterval == default ? DefaultAuditInterval : auditInterval;
        Groups = groups ?? [];
        Probes = probes ?? new ProbeSettings();
        StatusPage = statusPage;
        Notify = notify;
        Schema = schema;
    }

    /// <summary>Network interfaces that this machine calls otherwise than the configuration does. Default none.</summary>
    [JsonPropertyOrder(1)]
    public ValueList<InterfaceName> Interfaces { get; init; } = [];

    /// <summary>This machine's priorities in failover groups. Default none: those of the configuration.</summary>
    [JsonPropertyOrder(2)]
    public ValueList<FailoverPriority> FailoverGroups { get; init; } = [];

    /// <summary>How connections are handed to the balancer that takes over; null (default) = not at all.</summary>
    [JsonPropertyOrder(3)]
    public SyncSettings? Sync { get; init; }

    /// <summary>Which packet marks Ilb may use.</summary>
    [JsonPropertyOrder(4)]
    public MarkSettings Marks { get; init; } = new();

    /// <summary>How often the kernel is looked at for changes that others made: 1 s to a day. Default 10 s.</summary>
    [JsonConverter(typeof(PositiveDurationConverter))]
    [JsonPropertyOrder(5)]
    public TimeSpan AuditInterval { get; init; } = DefaultAuditInterval;

    /// <summary>What members of the machine's groups of users may do. Default none: only root changes anything. Whoever reaches the socket may look.</summary>
    [JsonPropertyOrder(6)]
    public ValueList<GroupAccess> Groups { get; init; } = [];

    /// <summary>Where health probes come from.</summary>
    [JsonPropertyOrder(7)]
    public ProbeSettings Probes { get; init; } = new();

    /// <summary>Where the status page is served; null (default) = nowhere.</summary>
    [JsonPropertyOrder(8)]
    public StatusPage? StatusPage { get; init; }

    /// <summary>The absolute path of a program that is run when the state of a server or of a failover group changes; null (default) = none.</summary>
    [JsonPropertyOrder(9)]
    public string? Notify { get; init; }

    // For an editor; kept as it is.
    [JsonInclude]
    [JsonPropertyName("$schema")]
    [JsonPropertyOrder(-1)]
    internal string? Schema { get; init; }

    [JsonInclude]
    [JsonPropertyOrder(0)]
    internal int Format { get; init; } = IlbJson.Format;

    /// <summary>All that is wrong with them; empty if nothing is. Paths are those of the JSON form, as in <c>sync.ttl</c>.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        NodeChecks.Check(this, errors);
        return errors.ToValueList();
    }
}
