namespace Ilb;

/// <summary>An operation that was not carried out.</summary>
internal sealed record ForwarderFailure
{
    /// <summary>Its place in the batch.</summary>
    public required int Index { get; init; }

    public required StepFailure Failure { get; init; }
}
