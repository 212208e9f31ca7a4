using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What happens to the connections of a server that dies.</summary>
[JsonConverter(typeof(DeadActionConverter))]
public enum DeadAction
{
    /// <summary>They go on for the rule's drain time (<c>drain</c>).</summary>
    Drain = 0,

    /// <summary>The server is taken out of the service (<c>cut</c>). They end at once only if the sysctl <c>net.ipv4.vs.expire_nodest_conn</c> is 1; else the kernel drops their packets in silence.</summary>
    Cut = 1,
}
