namespace Ilb;

/// <summary>Ends a probe with what it found.</summary>
internal sealed class ProbeException : Exception
{
    private ProbeException(ProbeOutcome outcome)
        : base(outcome.Event.Reason) => Outcome = outcome;

    public ProbeOutcome Outcome { get; }

    /// <summary>The server is not as it should be.</summary>
    public static ProbeException Failed(string reason) => new(ProbeOutcome.Failed(reason));

    /// <summary>This machine cannot probe.</summary>
    public static ProbeException NotRun(string reason) => new(ProbeOutcome.NotRun(reason));
}
