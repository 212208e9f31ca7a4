using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>How a rule chooses the server of a new connection: the first four by purpose, the others are schedulers of the kernel by name.</summary>
[JsonConverter(typeof(AlgorithmConverter))]
public enum Algorithm
{
    /// <summary>In turn, in proportion to the weights (<c>roundrobin</c>). The kernel's <c>wrr</c>.</summary>
    RoundRobin = 0,

    /// <summary>By the client's address (<c>hash-ip</c>); when a server leaves, only its clients move. The kernel's <c>mh</c> with fallback.</summary>
    HashIp = 1,

    /// <summary>By the client's address and port (<c>hash-ip-port</c>). The kernel's <c>mh</c> with fallback and port.</summary>
    HashIpPort = 2,

    /// <summary>By the client's address and the VIP (<c>hash-ip-vip</c>). Within a rule the VIP is constant, so this is <see cref="HashIp"/>.</summary>
    HashIpVip = 3,

    /// <summary><c>wrr</c>: in turn, in proportion to the weights.</summary>
    WeightedRoundRobin = 4,

    /// <summary><c>lc</c>: the server with the fewest connections.</summary>
    LeastConnections = 5,

    /// <summary><c>wlc</c>: the fewest connections for its weight.</summary>
    WeightedLeastConnections = 6,

    /// <summary><c>lblc</c>: by destination address, for transparent caches.</summary>
    LocalityBasedLeastConnections = 7,

    /// <summary><c>lblcr</c>: by destination address, each to a set of servers.</summary>
    LocalityBasedLeastConnectionsWithReplication = 8,

    /// <summary><c>dh</c>: by a table of destination addresses.</summary>
    DestinationHashing = 9,

    /// <summary><c>sh</c>: by a table of source addresses.</summary>
    SourceHashing = 10,

    /// <summary><c>sed</c>: the shortest expected delay.</summary>
    ShortestExpectedDelay = 11,

    /// <summary><c>nq</c>: an idle server, else the shortest expected delay.</summary>
    NeverQueue = 12,

    /// <summary><c>fo</c>: the server with the highest weight.</summary>
    WeightedFailover = 13,

    /// <summary><c>ovf</c>: the server with the highest weight until its connections reach the weight, then the next.</summary>
    WeightedOverflow = 14,

    /// <summary><c>mh</c>: Maglev hashing by source address.</summary>
    MaglevHashing = 15,

    /// <summary><c>twos</c>: the better of two servers chosen at random.</summary>
    PowerOfTwoChoices = 16,
}
