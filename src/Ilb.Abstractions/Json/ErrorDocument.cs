namespace Ilb;

/// <summary>What is answered instead of what was asked for.</summary>
internal sealed record ErrorDocument
{
    public required ValueList<IlbError> Errors { get; init; }
}
