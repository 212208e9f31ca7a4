namespace Ilb;

/// <summary>A server's verdict changed.</summary>
/// <param name="Key">Whose.</param>
/// <param name="From">What was known before.</param>
/// <param name="To">What is known now.</param>
/// <param name="Reason">Why, in words for a person, such as <c>connection refused</c>; null if it is alive, disabled or unknown.</param>
/// <param name="Time">When.</param>
internal readonly record struct HealthTransition(HealthKey Key, ServerHealth From, ServerHealth To, string? Reason, DateTimeOffset Time);
