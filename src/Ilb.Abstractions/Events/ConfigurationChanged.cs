namespace Ilb;

/// <summary>Changes were applied and saved. Whether the kernel took all of them, the events after it tell.</summary>
public sealed record ConfigurationChanged : LoadBalancerEvent
{
    /// <summary>The version that came of it. Where lists of changes shared a save, each has an event of its own with the same version.</summary>
    public required string Version { get; init; }

    /// <summary>The changes for a person: <c>create rule 'web'</c>. Of many the first 20, and then how many more.</summary>
    public required ValueList<string> Changes { get; init; }
}
