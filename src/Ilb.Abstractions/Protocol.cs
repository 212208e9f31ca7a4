using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>The transport protocol of a rule.</summary>
[JsonConverter(typeof(ProtocolConverter))]
public enum Protocol
{
    /// <summary>TCP.</summary>
    Tcp = 0,

    /// <summary>UDP.</summary>
    Udp = 1,

    /// <summary>SCTP.</summary>
    Sctp = 2,
}
