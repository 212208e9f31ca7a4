namespace Ilb;

/// <summary>The chains and maps of the packet filter that marks hang on.</summary>
internal sealed record MarkChains : Companion, IFilterObject
{
    public static MarkChains Instance { get; } = new();

    public override string Id => "marking";

    public override CompanionStage Stage => CompanionStage.Before;

    public override string Subject => "packet filter for marks";
}
