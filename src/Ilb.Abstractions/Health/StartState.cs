using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What a server is before its first verdict.</summary>
[JsonConverter(typeof(StartStateConverter))]
public enum StartState
{
    /// <summary>In service (<c>up</c>).</summary>
    Up = 0,

    /// <summary>Out of service (<c>down</c>).</summary>
    Down = 1,
}
