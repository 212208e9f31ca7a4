namespace Ilb;

/// <summary>What a health check found of a server in a rule.</summary>
internal sealed record Verdict
{
    /// <summary>Whether it is alive.</summary>
    public required bool IsAlive { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why it is not, in the user's words; empty (default) if it is.</summary>
    public string Reason { get; init; } = "";
}
