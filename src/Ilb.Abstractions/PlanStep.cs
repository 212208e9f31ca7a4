namespace Ilb;

/// <summary>One change of the kernel.</summary>
public sealed record PlanStep
{
    /// <summary>What is done.</summary>
    public required StepAction Action { get; init; }

    /// <summary>What it is done to, for a person: <c>service TCP 192.0.2.1:80</c>, <c>destination 10.0.0.11:8080 of service TCP 192.0.2.1:80</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The rule that it is done for; null if that rule is gone.</summary>
    public string? Rule { get; init; }

    /// <summary>What is set, for a person: <c>weight 1</c>; empty (default) if there is nothing to say.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Why it failed; null (default) if it succeeded or was not tried.</summary>
    public StepFailure? Failure { get; init; }

    /// <summary>For a person: <c>add service TCP 192.0.2.1:80 (wrr)</c>.</summary>
    public override string ToString()
    {
        var verb = Action switch { StepAction.Add => "add", StepAction.Update => "update", StepAction.Remove => "remove", _ => "adopt" };
        return Detail.Length == 0 ? $"{verb} {Subject}" : $"{verb} {Subject} ({Detail})";
    }
}
