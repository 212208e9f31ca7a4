using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What packets of a tunnel are wrapped in.</summary>
[JsonConverter(typeof(TunnelKindConverter))]
public enum TunnelKind
{
    /// <summary>IP in IP (<c>ipip</c>).</summary>
    Ipip = 0,

    /// <summary>Generic routing encapsulation (<c>gre</c>).</summary>
    Gre = 1,

    /// <summary>Generic UDP encapsulation (<c>gue</c>).</summary>
    Gue = 2,
}
