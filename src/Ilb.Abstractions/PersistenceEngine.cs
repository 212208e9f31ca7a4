using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What makes packets belong together besides the client's address.</summary>
[JsonConverter(typeof(PersistenceEngineConverter))]
public enum PersistenceEngine
{
    /// <summary>The Call-ID of SIP over UDP (<c>sip</c>).</summary>
    Sip = 0,
}
