using System.Globalization;

namespace Ilb;

/// <summary>The chains and maps of the packet filter that marks hang on.</summary>
internal sealed record MarkChains : Companion, IFilterObject
{
    /// <summary>The bits that marks of ours are numbered in. A packet of this machine's own that has some of them already keeps its mark: a probe has its own way.</summary>
    public required uint Mask { get; init; }

    public override string Id => "marking";

    public override CompanionStage Stage => CompanionStage.Before;

    public override string Subject => "packet filter for marks";

    /// <summary>What the rule says that leaves marked packets alone.</summary>
    public string Comment => string.Create(CultureInfo.InvariantCulture, $"marked in 0x{Mask:x8}");
}
