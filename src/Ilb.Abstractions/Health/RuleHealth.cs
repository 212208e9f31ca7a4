using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>How a rule's servers are watched, and what follows from it.</summary>
public sealed record RuleHealth
{
    /// <summary>Makes it with the defaults.</summary>
    public RuleHealth()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal RuleHealth(string check, HealthPort? port = null, DeadAction? onDead = null, StartState start = StartState.Up, Percentage? panic = null)
    {
        Check = check;
        Port = port ?? HealthPort.Any;
        OnDead = onDead;
        Start = start;
        Panic = panic;
    }

    /// <summary>The name of the health check.</summary>
    public required string Check { get; init; }

    /// <summary>Which port of a server is probed. Default <see cref="HealthPort.Any"/>; a rule of all ports needs a number, unless the test is PING.</summary>
    public HealthPort Port { get; init; } = HealthPort.Any;

    /// <summary>What happens to the connections of a server that dies; null (default) = <see cref="DeadAction.Drain"/>, for UDP <see cref="DeadAction.Cut"/>.</summary>
    public DeadAction? OnDead { get; init; }

    /// <summary>Whether a server is in service before its first verdict. Default <see cref="StartState.Up"/>.</summary>
    public StartState Start { get; init; }

    /// <summary>When more than this part of the servers looks dead, all stay in service, 1–99 %; null (default) = never.</summary>
    public Percentage? Panic { get; init; }
}
