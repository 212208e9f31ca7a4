using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A request of verdicts of others.</summary>
internal sealed record VerdictList
{
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = IlbJson.Format;

    public required ValueList<OutsideVerdict> Verdicts { get; init; }
}
