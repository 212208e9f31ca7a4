using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What somebody outside says of a server.</summary>
[JsonConverter(typeof(OutsideWordConverter))]
public enum OutsideWord
{
    /// <summary>It is alive (<c>alive</c>): what was said against it is taken back. A health check that fails still counts; where there is none, or none has ended yet, this word does.</summary>
    Alive = 0,

    /// <summary>It is dead (<c>dead</c>): it gets no new connections, whatever a health check finds.</summary>
    Dead = 1,

    /// <summary>Nothing any more (<c>withdrawn</c>): what was said is forgotten.</summary>
    Withdrawn = 2,
}
