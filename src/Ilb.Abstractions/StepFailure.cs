namespace Ilb;

/// <summary>Why the kernel refused a step.</summary>
public sealed record StepFailure
{
    /// <summary>What went wrong.</summary>
    public required IlbErrorCode Code { get; init; }

    /// <summary>What went wrong, for a person.</summary>
    public required string Message { get; init; }

    /// <summary>The positive errno (errno(3)); 0 (default) if there is none.</summary>
    public int Errno { get; init; }

    /// <summary>Whether the step may succeed when it is tried again. Default false.</summary>
    public bool IsTransient { get; init; }
}
