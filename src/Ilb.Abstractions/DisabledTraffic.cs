using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>What happens to new packets of a disabled rule while it still has connections; without any they reach the local stack.</summary>
[JsonConverter(typeof(DisabledTrafficConverter))]
public enum DisabledTraffic
{
    /// <summary>They are refused by ICMP (<c>refuse</c>).</summary>
    Refuse = 0,

    /// <summary>They are left to the local stack (<c>pass</c>).</summary>
    Pass = 1,
}
