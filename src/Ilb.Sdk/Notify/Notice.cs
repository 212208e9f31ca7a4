namespace Ilb;

/// <summary>What the program of <see cref="NodeSettings.Notify"/> is told: a server's state, from what it was when the program was told last.</summary>
internal sealed record Notice
{
    public required string Rule { get; init; }

    public required ServerId Server { get; init; }

    public required ServerHealth From { get; init; }

    public required ServerHealth To { get; init; }

    /// <summary>Why; empty if no reason is known.</summary>
    public required string Reason { get; init; }

    public required VerdictSource Source { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>How many changes between these two states the program is not told of. Default 0.</summary>
    public int Skipped { get; init; }

    /// <summary>Both as one, where the first was not told yet.</summary>
    public static Notice Join(Notice first, Notice then) => then with { From = first.From, Skipped = first.Skipped + then.Skipped + 1 };
}
