namespace Ilb;

/// <summary>One thing that is wrong.</summary>
public sealed record IlbError
{
    /// <summary>What went wrong.</summary>
    public required IlbErrorCode Code { get; init; }

    /// <summary>What went wrong, for a person: it names the object and the offending text and says what is allowed. No capital, no full stop.</summary>
    public required string Message { get; init; }

    /// <summary>Where it stands in the configuration or the request, as in <c>rules[2].ports</c>; empty (default) if nowhere in particular.</summary>
    public string Path { get; init; } = "";

    /// <summary>The line of the file, counted from 1; null (default) if unknown.</summary>
    public int? Line { get; init; }

    /// <summary>The message.</summary>
    public override string ToString() => Message;
}
