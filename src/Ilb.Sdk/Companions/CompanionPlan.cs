namespace Ilb;

/// <summary>What is to be done beside the services, in three parts around what is done with them.</summary>
internal sealed record CompanionPlan
{
    public static CompanionPlan Nothing { get; } = new() { First = [], Middle = [], Last = [], Kept = [], Forgotten = [] };

    /// <summary>Before services come: what they rely on.</summary>
    public required ValueList<CompanionOperation> First { get; init; }

    /// <summary>When new services are there and the old ones still are: what leads packets to them.</summary>
    public required ValueList<CompanionOperation> Middle { get; init; }

    /// <summary>After services are gone: what they relied on.</summary>
    public required ValueList<CompanionOperation> Last { get; init; }

    /// <summary>What to note before anything is done: what is ours then, with what was there before.</summary>
    public required ValueList<(string Id, string Value)> Kept { get; init; }

    /// <summary>What is ours no more although nothing is done: it is gone already, or others have changed it.</summary>
    public required ValueList<string> Forgotten { get; init; }

    /// <summary>Whether our table is made anew in the first part.</summary>
    public bool IsFilterAnew { get; init; }

    /// <summary>Whether our table goes with the last object in it.</summary>
    public bool IsFilterGone { get; init; }

    /// <summary>Why the packet filter is left as it is, although it should not be; null (default) if it is not.</summary>
    public StepFailure? FilterFailure { get; init; }

    public IEnumerable<CompanionOperation> Operations => [.. First, .. Middle, .. Last];

    public bool IsEmpty => First.Count == 0 && Middle.Count == 0 && Last.Count == 0 && Kept.Count == 0 && Forgotten.Count == 0 && !IsFilterAnew && !IsFilterGone && FilterFailure is null;
}
