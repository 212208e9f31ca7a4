using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Client stickiness: a client's next connection goes to the same server.</summary>
public sealed record Persistence
{
    /// <summary>The longest <see cref="Timeout"/>, 31 days.</summary>
    public static TimeSpan MaximumTimeout { get; } = TimeSpan.FromDays(31);

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Makes it with the defaults.</summary>
    public Persistence()
    {
    }

    // For the JSON reader: a member that is left out has its default. A duration of 0 is one that was left out: the reader refuses 0.
    [JsonConstructor]
    internal Persistence(int? prefixLength = null, TimeSpan timeout = default, PersistenceEngine? engine = null)
    {
        PrefixLength = prefixLength;
        Timeout = timeout == default ? DefaultTimeout : timeout;
        Engine = engine;
    }

    /// <summary>How many leading bits of a client's address count: IPv4 0–32, IPv6 1–128; null (default) = all.</summary>
    [JsonPropertyName("prefix")]
    public int? PrefixLength { get; init; }

    /// <summary>How long it lasts from the last new connection on: whole seconds, 1 s to 31 days. Default 60 s.</summary>
    [JsonConverter(typeof(PositiveDurationConverter))]
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>What makes packets belong together besides the client's address; null (default) = nothing.</summary>
    public PersistenceEngine? Engine { get; init; }
}
