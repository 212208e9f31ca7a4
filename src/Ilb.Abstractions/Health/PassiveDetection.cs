using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>
/// How a rule's servers are watched by what the kernel counts: one that gets new connections and sends nothing back is taken out of service. Only for <see cref="Topology.HalfNat"/> and <see cref="Topology.Nat"/>, where
/// replies come by way of the balancer. What a server does answer counts as an answer, a refusal too: that it refuses is for a health check to find.
/// </summary>
/// <example><code>
/// await balancer.SetRuleAsync(new SetRule { Name = "web", Passive = new PassiveDetection { Connections = 10 } });
/// </code></example>
public sealed record PassiveDetection
{
    /// <summary>The most <see cref="Connections"/>.</summary>
    public const int MaximumConnections = 1_000_000;

    /// <summary>The longest <see cref="Hold"/>, a day.</summary>
    public static TimeSpan MaximumHold { get; } = TimeSpan.FromDays(1);

    private static readonly TimeSpan DefaultHold = TimeSpan.FromSeconds(60);

    /// <summary>Makes it with the defaults.</summary>
    public PassiveDetection()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    // A duration of 0 is one that was left out: the reader refuses 0.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal PassiveDetection(int connections, TimeSpan hold = default)
    {
        Connections = connections;
        Hold = hold == default ? DefaultHold : hold;
    }

    /// <summary>To so many new connections in a row, 1–<see cref="MaximumConnections"/>, no packet comes back until the server counts as dead. It is found 4 to 8 seconds after them, for the kernel's counters lag behind.</summary>
    public required int Connections { get; init; }

    /// <summary>How long such a server stays out, unless it is heard of before or its health check succeeds: whole seconds, 1 s to a day; each time that it is found dead again twice as long, up to sixteen times. Default 60 s.</summary>
    [JsonConverter(typeof(PositiveDurationConverter))]
    public TimeSpan Hold { get; init; } = DefaultHold;
}
