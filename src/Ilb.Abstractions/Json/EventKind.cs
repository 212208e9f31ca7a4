namespace Ilb;

/// <summary>The kind of an event, whatever else it says.</summary>
internal sealed record EventKind
{
    public string? Event { get; init; }
}
