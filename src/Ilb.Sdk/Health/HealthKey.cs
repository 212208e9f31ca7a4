namespace Ilb;

/// <summary>Whose health it is: a server's in a rule.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Server">The server's ID.</param>
internal readonly record struct HealthKey(string Rule, ServerId Server);
