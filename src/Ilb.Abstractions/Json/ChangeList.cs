using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A request or a file of changes.</summary>
internal sealed record ChangeList
{
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = IlbJson.Format;

    public required ValueList<Change> Changes { get; init; }
}
