using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What the health check of a rule found of a server.</summary>
public sealed record HealthResult
{
    /// <summary>What it found. Where nobody checks (<see cref="LoadBalancerState.IsChecked"/>), what was found last.</summary>
    public required ServerHealth Status { get; init; }

    /// <summary>Failures in a row. Default 0.</summary>
    public int Failures { get; init; }

    /// <summary>When the last check ended; null (default) if none has.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>When the next check begins; null (default) if none does.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>The round-trip time, smoothed: three parts of the old one and one of the new; null (default) if it was never measured. In JSON a number of seconds such as <c>0.000085</c>.</summary>
    [JsonConverter(typeof(MeasuredDurationConverter))]
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Why the last probe failed, or could not be made, for a person: <c>connection refused</c>; null (default) if it succeeded.</summary>
    public string? Reason { get; init; }
}
