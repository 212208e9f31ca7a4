using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What happens to the connections of a server that dies.</summary>
[JsonConverter(typeof(DeadActionConverter))]
public enum DeadAction
{
    /// <summary>They go on for the rule's drain time (<c>drain</c>).</summary>
    Drain = 0,

    /// <summary>They end at once (<c>cut</c>).</summary>
    Cut = 1,
}
