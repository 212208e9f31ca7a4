using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Where the status page and the metrics are served by HTTP. They show the state to everybody who reaches them, and change nothing.</summary>
public sealed record StatusPage
{
    /// <summary>Makes a status page with the defaults.</summary>
    public StatusPage()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal StatusPage(int port, IPAddress? address = null)
    {
        Address = address ?? IPAddress.Loopback;
        Port = port;
    }

    /// <summary>The address that it listens at; 0.0.0.0 or :: = all of them. Default 127.0.0.1.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The TCP port, 1–65535.</summary>
    public required int Port { get; init; }
}
