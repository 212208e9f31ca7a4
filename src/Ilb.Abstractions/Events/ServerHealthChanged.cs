using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Something else is said of a server's health than before: by the rule's check, from outside, by the kernel's counters, or because it is disabled or enabled.</summary>
public sealed record ServerHealthChanged : LoadBalancerEvent
{
    /// <summary>The rule that it is checked for.</summary>
    public required string Rule { get; init; }

    /// <summary>The server.</summary>
    public required ServerId Server { get; init; }

    /// <summary>What was known before.</summary>
    public required ServerHealth From { get; init; }

    /// <summary>What is known now.</summary>
    public required ServerHealth To { get; init; }

    /// <summary>Why, for a person: <c>connection refused</c>; null (default) if it is alive, disabled or not known yet, or if no reason was given.</summary>
    public string? Reason { get; init; }

    /// <summary>Who says what is known now. Default <see cref="VerdictSource.Check"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VerdictSource Source { get; init; }
}
