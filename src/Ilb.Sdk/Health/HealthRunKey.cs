namespace Ilb;

/// <summary>What makes two checks the same: how they are made and where they go, whatever the check and the rule are called.</summary>
/// <param name="Check">The check, without its name.</param>
/// <param name="Target">The target, without what the test does not see.</param>
internal sealed record HealthRunKey(HealthCheck Check, ProbeTarget Target);
