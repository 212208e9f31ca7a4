namespace Ilb;

/// <summary>What is known of a server's health at a moment: a line of <c>show-hc-result</c>.</summary>
/// <param name="Status">The verdict.</param>
/// <param name="Failures">Failures in a row (FAIL).</param>
/// <param name="Last">When the last check ended (LAST); null if none has.</param>
/// <param name="Next">When the next begins (NEXT); null if none does.</param>
/// <param name="RoundTrip">The smoothed round-trip time (RTT); null if it was never measured.</param>
/// <param name="Reason">Why the last probe failed or could not be made; null if it succeeded.</param>
internal readonly record struct HealthReading(ServerHealth Status, int Failures, DateTimeOffset? Last, DateTimeOffset? Next, TimeSpan? RoundTrip, string? Reason);
