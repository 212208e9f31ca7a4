using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>The server group that serves a rule while too few servers of its own group are able. Without an enabled server it never does.</summary>
public sealed record SorryGroup
{
    /// <summary>Makes it with the defaults.</summary>
    public SorryGroup()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal SorryGroup(string serverGroup, Quorum? quorum = null, Quorum? hysteresis = null)
    {
        ServerGroup = serverGroup;
        Quorum = quorum ?? 1;
        Hysteresis = hysteresis ?? 0;
    }

    /// <summary>The name of the group: another than the rule's, of the same address family.</summary>
    public required string ServerGroup { get; init; }

    /// <summary>It serves while fewer servers than this of the rule's group are able; from 1 or 1 % on; more than there are is all of them. Default 1.</summary>
    public Quorum Quorum { get; init; } = 1;

    /// <summary>How many able servers more than <see cref="Quorum"/> it takes until it stops serving, in the quorum's unit or 0. Default 0.</summary>
    public Quorum Hysteresis { get; init; } = 0;
}
