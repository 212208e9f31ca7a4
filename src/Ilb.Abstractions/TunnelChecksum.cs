using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>The checksum of a tunnel's wrapping.</summary>
[JsonConverter(typeof(TunnelChecksumConverter))]
public enum TunnelChecksum
{
    /// <summary>None (<c>no</c>).</summary>
    None = 0,

    /// <summary>Over the whole packet (<c>yes</c>).</summary>
    Full = 1,

    /// <summary>Offloaded to the other end (<c>remote</c>, GUE's remote checksum offload).</summary>
    Remote = 2,
}
