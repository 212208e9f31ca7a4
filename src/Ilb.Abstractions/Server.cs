using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A server of a group as one configures it.</summary>
/// <example><code>
/// var server = new Server { Address = IPAddress.Parse("10.0.0.11"), Ports = 8080, Weight = 2 };
/// </code></example>
public sealed record Server
{
    /// <summary>The highest <see cref="Weight"/>.</summary>
    public const int MaximumWeight = 65535;

    /// <summary>Makes a server with the defaults.</summary>
    public Server()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    internal Server(
        uint? number = null,
        IPAddress? address = null,
        string? host = null,
        PortRange? ports = null,
        bool enabled = true,
        int weight = 1,
        int? maximumConnections = null,
        int? minimumConnections = null)
    {
        Number = number;
        Address = address;
        Host = host;
        Ports = ports;
        Enabled = enabled;
        Weight = weight;
        MaximumConnections = maximumConnections;
        MinimumConnections = minimumConnections;
    }

    /// <summary>Its number in the group, never given twice there; it makes the ID <c>_group.number</c>. Null (default) until the change that adds it is resolved.</summary>
    public uint? Number { get; init; }

    /// <summary>Its address. Null only in a change that is not resolved yet, where <see cref="Host"/> names it.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The host name that it was given by, looked up once; null (default) if it was given by address.</summary>
    public string? Host { get; init; }

    /// <summary>Its ports; null (default) = the rule's. It must have them if they are not the rule's: one port, or a range as long as the rule's.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>Whether it gets new connections. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Its share of new connections beside the others, 0–65535; 0 = no new connections. Default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>From this number of connections on it gets no new ones, 1–2,147,483,647; null (default) = no limit.</summary>
    [JsonPropertyName("maxConn")]
    public int? MaximumConnections { get; init; }

    /// <summary>Below this number of connections it gets new ones again, 1–<see cref="MaximumConnections"/>; null (default) = three quarters of that.</summary>
    [JsonPropertyName("minConn")]
    public int? MinimumConnections { get; init; }

    /// <summary>All that is wrong with it; empty if nothing is.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        Check(errors);
        return errors.ToValueList();
    }

    /// <summary>For a person: <c>10.0.0.11:8080</c>.</summary>
    public override string ToString() => ServerSpec.Format(this);

    internal void Check(ErrorList errors)
    {
        if (Address is not null)
            errors.CheckAddress(Address, Host is null ? "server" : $"server={Quote.Of(Host)}", "address");
        else if (string.IsNullOrEmpty(Host))
            errors.Add(IlbErrorCode.InvalidServer, "address", "the server has no address");
        if (!string.IsNullOrEmpty(Host) && !ServerSpec.IsHostName(Host))
            errors.Add(IlbErrorCode.InvalidServer, "host", $"server: {Quote.Of(Host)} is not a host name");
        if (Weight is < 0 or > MaximumWeight)
            errors.Add(IlbErrorCode.InvalidArgument, "weight", $"server {Quote.Of(ToString())}: weight {Weight} is out of range, allowed is 0-{MaximumWeight}");
        if (MaximumConnections < 1)
            errors.Add(IlbErrorCode.InvalidArgument, "maxConn", $"server {Quote.Of(ToString())}: max-conn {MaximumConnections} is out of range, allowed is 1-{int.MaxValue}");
        if (MinimumConnections is not { } minimum)
            return;
        if (MaximumConnections is not { } maximum)
            errors.Add(IlbErrorCode.InvalidArgument, "minConn", $"server {Quote.Of(ToString())}: min-conn needs max-conn");
        else if (minimum < 1 || minimum > maximum)
            errors.Add(IlbErrorCode.InvalidArgument, "minConn", $"server {Quote.Of(ToString())}: min-conn {minimum} is out of range, allowed is 1-{maximum}, which is max-conn");
    }
}
