using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What the health check of a rule found of a server.</summary>
[JsonConverter(typeof(ServerHealthConverter))]
public enum ServerHealth
{
    /// <summary>No check has ended in a verdict yet (<c>un-init</c>).</summary>
    Unknown = 0,

    /// <summary>It does not answer the ping that comes before the test (<c>unreach</c>).</summary>
    Unreachable = 1,

    /// <summary>It passed (<c>alive</c>).</summary>
    Alive = 2,

    /// <summary>It fails the test (<c>dead</c>).</summary>
    Dead = 3,

    /// <summary>The server or the rule is disabled, and nothing is checked (<c>disabled</c>).</summary>
    Disabled = 4,
}
