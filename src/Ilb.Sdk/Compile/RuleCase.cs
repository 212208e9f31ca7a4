using System.Collections.Immutable;

namespace Ilb;

/// <summary>A rule with everything that decides what the kernel should hold for it.</summary>
internal sealed record RuleCase
{
    /// <summary>A machine without settings of its own.</summary>
    public static NodeSettings DefaultNode { get; } = new();

    public required Rule Rule { get; init; }

    public required ServerGroup Group { get; init; }

    /// <summary>The group that serves while too few of the others are able; null (default) if there is none.</summary>
    public ServerGroup? Sorry { get; init; }

    /// <summary>What was found of the servers, by number. Default nothing.</summary>
    public ImmutableDictionary<uint, Verdict> Verdicts { get; init; } = ImmutableDictionary<uint, Verdict>.Empty;

    /// <summary>The machine. Default one without settings.</summary>
    public NodeSettings Node { get; init; } = DefaultNode;

    /// <summary>All servers that may serve it.</summary>
    public IEnumerable<Server> Servers => Sorry is null ? Group.Servers : Group.Servers.Concat(Sorry.Servers);
}
