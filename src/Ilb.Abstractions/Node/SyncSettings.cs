using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>The kernel's synchronisation of connections with the other balancers. It sends what this machine forwards and takes what others send.</summary>
public sealed record SyncSettings
{
    /// <summary>The highest <see cref="MaximumLength"/>.</summary>
    public const int MaximumDatagram = 65507;

    private static readonly IPAddress DefaultGroup = new([224, 0, 0, 81]);

    /// <summary>Makes settings with the defaults.</summary>
    public SyncSettings()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal SyncSettings(string @interface, int id = 0, IPAddress? group = null, int port = 8848, int timeToLive = 1, int? maximumLength = null)
    {
        Interface = @interface;
        Id = id;
        Group = group ?? DefaultGroup;
        Port = port;
        TimeToLive = timeToLive;
        MaximumLength = maximumLength;
    }

    /// <summary>The network interface between the balancers, as this machine calls it, up to 15 characters.</summary>
    public required string Interface { get; init; }

    /// <summary>Which balancers belong together, 0–255; one with 0 takes connections of all. Default 0.</summary>
    public int Id { get; init; }

    /// <summary>The multicast group, IPv4 or IPv6. Default 224.0.0.81.</summary>
    public IPAddress Group { get; init; } = DefaultGroup;

    /// <summary>The UDP port, 1–65535. Default 8848.</summary>
    public int Port { get; init; } = 8848;

    /// <summary>The time to live of the datagrams, 1–255. Default 1: they do not leave the network.</summary>
    [JsonPropertyName("ttl")]
    public int TimeToLive { get; init; } = 1;

    /// <summary>The largest datagram in bytes, 1–65507; null (default) = what the interface takes in one piece.</summary>
    [JsonPropertyName("maxLength")]
    public int? MaximumLength { get; init; }
}
