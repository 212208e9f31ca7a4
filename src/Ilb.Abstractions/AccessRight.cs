using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What somebody may do, or must be allowed to for a change. Each right includes those before it; to look needs none.</summary>
[JsonConverter(typeof(AccessRightConverter))]
public enum AccessRight
{
    /// <summary>Enable and disable what is there (<c>enable</c>).</summary>
    Enable = 0,

    /// <summary>Change everything (<c>change</c>).</summary>
    Change = 1,
}
