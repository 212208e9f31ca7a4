using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A family of addresses.</summary>
[JsonConverter(typeof(IpFamilyConverter))]
public enum IpFamily
{
    /// <summary>IPv4 (<c>inet</c>).</summary>
    Inet = 0,

    /// <summary>IPv6 (<c>inet6</c>).</summary>
    Inet6 = 1,
}
