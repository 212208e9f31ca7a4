using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>A rule: which packets go to which server group, and how.</summary>
/// <example><code>
/// var rule = new Rule
/// {
///     Name = "web", Vip = IPAddress.Parse("192.0.2.1"), Ports = 80,
///     Topology = Topology.HalfNat, ServerGroup = "web",
/// };
/// </code></example>
public sealed record Rule
{
    /// <summary>Makes a rule with the defaults.</summary>
    public Rule()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal Rule(
        string name,
        Topology topology,
        string serverGroup,
        bool enabled = true,
        IPAddress? vip = null,
        Protocol protocol = Protocol.Tcp,
        PortRange? ports = null,
        Algorithm algorithm = Algorithm.RoundRobin,
        RuleHealth? health = null)
    {
        Name = name;
        Topology = topology;
        ServerGroup = serverGroup;
        Enabled = enabled;
        Vip = vip;
        Protocol = protocol;
        Ports = ports;
        Algorithm = algorithm;
        Health = health;
    }

    /// <summary>Its name, see <see cref="ObjectName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it forwards. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The virtual IP address that clients connect to: unicast, and neither loopback nor link-local. Required in this version.</summary>
    public IPAddress? Vip { get; init; }

    /// <summary>The transport protocol. Default TCP.</summary>
    public Protocol Protocol { get; init; }

    /// <summary>The ports that clients connect to; null (default) = all ports.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>How the server of a new connection is chosen. Default <see cref="Algorithm.RoundRobin"/>.</summary>
    public Algorithm Algorithm { get; init; }

    /// <summary>How packets get to the server and replies back.</summary>
    public required Topology Topology { get; init; }

    /// <summary>The name of the server group that serves it.</summary>
    public required string ServerGroup { get; init; }

    /// <summary>How its servers are watched; null (default) = not at all: every server counts as alive.</summary>
    public RuleHealth? Health { get; init; }

    /// <summary>All that is wrong with the rule for itself; empty if nothing is. What concerns others is <see cref="Configuration.Validate"/>'s.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        RuleChecks.Check(this, errors);
        return errors.ToValueList();
    }
}
