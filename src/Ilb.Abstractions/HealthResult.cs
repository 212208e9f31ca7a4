using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What is said of a server's health in a rule: what the rule's check found, unless another word takes the server out of service.</summary>
public sealed record HealthResult
{
    /// <summary>What it found. Where nobody checks (<see cref="LoadBalancerState.IsChecked"/>), what was found last.</summary>
    public required ServerHealth Status { get; init; }

    /// <summary>Failures in a row. Default 0.</summary>
    public int Failures { get; init; }

    /// <summary>When the last check ended; null (default) if none has. Where the rule has no check, since when it is said.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>When the next check begins; null (default) if none does.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>The round-trip time, smoothed: three parts of the old one and one of the new; null (default) if it was never measured. In JSON a number of seconds such as <c>0.000085</c>.</summary>
    [JsonConverter(typeof(MeasuredDurationConverter))]
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Why the last probe failed, or could not be made, or why another than the check says so, for a person: <c>connection refused</c>; null (default) if it succeeded, or if no reason was given.</summary>
    public string? Reason { get; init; }

    /// <summary>Who says so. Default <see cref="VerdictSource.Check"/>. Failures, times of checks and the round-trip time are the check's in any case.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VerdictSource Source { get; init; }

    /// <summary>When this is forgotten, where another than the check says so; null (default) = not by itself.</summary>
    public DateTimeOffset? Until { get; init; }
}
