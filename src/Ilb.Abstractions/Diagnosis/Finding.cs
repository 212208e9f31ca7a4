namespace Ilb;

/// <summary>One cause of trouble, with all that it hits.</summary>
public sealed record Finding
{
    /// <summary>How bad it is.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>What it is about.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>The names of the rules whose traffic it hits, in the order of the configuration; none if it concerns the machine.</summary>
    public required ValueList<string> Rules { get; init; }

    /// <summary>The servers that it hits; none if it hits all of the rules, or none in particular.</summary>
    public required ValueList<ServerId> Servers { get; init; }

    /// <summary>What is wrong, in one sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do: a sentence, or commands to run as root on this machine, one a line. Null (default) = nothing need be done.</summary>
    public string? Advice { get; init; }

    /// <summary>For a person: <c>error: no server of rule 'web' gets new connections …</c>.</summary>
    public override string ToString() => $"{Severity.ToText()}: {Message}";
}
