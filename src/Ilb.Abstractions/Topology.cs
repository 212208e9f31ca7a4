using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>How packets get to a server and replies back to the client.</summary>
[JsonConverter(typeof(TopologyConverter))]
public enum Topology
{
    /// <summary>Half NAT: the destination's address and port are rewritten, in replies the source's. The servers' route to the clients leads through the balancer.</summary>
    HalfNat = 0,

    /// <summary>Full NAT: also the client's address is replaced, so that servers need no special route.</summary>
    Nat = 1,

    /// <summary>Direct server return: only the next hop changes, and replies bypass the balancer. Servers are on the balancer's network and hold the VIP.</summary>
    Dsr = 2,

    /// <summary>A tunnel (IP in IP): replies bypass the balancer. Servers end the tunnel and hold the VIP; they may be anywhere.</summary>
    Tun = 3,
}
