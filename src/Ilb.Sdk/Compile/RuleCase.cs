using System.Collections.Immutable;

namespace Ilb;

/// <summary>A rule with everything that decides what the kernel should hold for it.</summary>
internal sealed record RuleCase
{
    public required Rule Rule { get; init; }

    public required ServerGroup Group { get; init; }

    /// <summary>The group that serves while too few of the others are able; null (default) if there is none.</summary>
    public ServerGroup? Sorry { get; init; }

    /// <summary>Whether servers are alive, by number; one that is not in it has no verdict. Default none.</summary>
    public ImmutableDictionary<uint, bool> Verdicts { get; init; } = ImmutableDictionary<uint, bool>.Empty;

    /// <summary>A rule of a valid configuration, without verdicts.</summary>
    public static RuleCase Of(Rule rule, Configuration configuration) => new()
    {
        Rule = rule,
        Group = configuration.FindServerGroup(rule.ServerGroup)!,
        Sorry = rule.Sorry is null ? null : configuration.FindServerGroup(rule.Sorry.ServerGroup),
    };
}
