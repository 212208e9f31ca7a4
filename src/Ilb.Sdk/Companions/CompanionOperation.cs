namespace Ilb;

/// <summary>One object from what it is to what it should be; null where it is not there.</summary>
internal sealed record CompanionOperation
{
    public required Companion? Before { get; init; }

    public required Companion? After { get; init; }

    /// <summary>A rule that it is done for; null if it is gone.</summary>
    public required string? Rule { get; init; }

    /// <summary>The object, as it should be or was.</summary>
    public Companion Object => (After ?? Before)!;

    public string Id => Object.Id;

    /// <summary>Whether it puts back what was there before us.</summary>
    public bool IsRestored { get; init; }

    /// <summary>For a person.</summary>
    public PlanStep Describe(StepFailure? failure = null) => new()
    {
        Action = After is null ? StepAction.Remove : Before is null ? StepAction.Add : StepAction.Update,
        Subject = Object.Subject,
        Rule = Rule,
        Detail = After is null ? "" : IsRestored ? $"back to {After.Detail}" : After.Detail,
        Failure = failure,
    };
}
