using System.CommandLine;

namespace Ilb.Cli.Commands;

/// <summary>A subcommand: what is known of it without making it.</summary>
internal sealed record Verb
{
    public required string Name { get; init; }

    public string? Alias { get; init; }

    /// <summary>Under which title the help lists it.</summary>
    public required string Title { get; init; }

    public required string Summary { get; init; }

    /// <summary>What the subcommand's own help adds to that; null (default) = nothing.</summary>
    public string? Details { get; init; }

    public required Func<Session, Command> Make { get; init; }

    public required IReadOnlyList<string> Examples { get; init; }
}
