namespace Ilb;

/// <summary>What the packet filter does to a packet.</summary>
internal enum FilterAct
{
    Drop,
    Destination,
    Source,
    NoTrack,
    Mark,
    Offload,
    Unknown,
}

/// <summary>A condition that could not be told.</summary>
/// <param name="Text">In nft's language.</param>
/// <param name="IsAboutClient">Whether it is about who the client is, or how much comes.</param>
/// <param name="IsAimed">Whether it stands with the VIP, the server or a port of theirs: somebody meant just these packets.</param>
internal sealed record OpenCondition(string Text, bool IsAboutClient, bool IsAimed = false);

/// <summary>Something that the packet filter does to a packet, or may.</summary>
internal sealed record FilterEffect
{
    public required FilterAct Act { get; init; }

    public required FilterChain Chain { get; init; }

    /// <summary>The rule of the chain; null for the chain's policy.</summary>
    public required FilterRule? Rule { get; init; }

    /// <summary>The conditions under which it does; none if always.</summary>
    public required IReadOnlyList<OpenCondition> Conditions { get; init; }

    /// <summary>The conditions under which it does not come to that; none if it always does.</summary>
    public required IReadOnlyList<OpenCondition> Escapes { get; init; }

    /// <summary>The packet's mark then; null if it cannot be told, or does not matter.</summary>
    public uint? Mark { get; init; }

    /// <summary>Whether our own table had given the packet its mark already.</summary>
    public bool IsAfterOurs { get; init; }

    /// <summary>What it does, in nft's language.</summary>
    public string Statement { get; init; } = "";
}
