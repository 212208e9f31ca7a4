namespace Ilb;

/// <summary>The chains and maps of the packet filter that translations of sources hang on. While it is there the kernel follows all connections, so it is there only if it is needed.</summary>
internal sealed record SourceChains : Companion, IFilterObject
{
    public static SourceChains Instance { get; } = new();

    public override string Id => "translating";

    public override CompanionStage Stage => CompanionStage.Under;

    public override string Subject => "packet filter for translated sources";
}
