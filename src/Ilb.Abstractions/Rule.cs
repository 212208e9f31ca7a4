using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
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
    /// <summary>The most addresses of <see cref="ProxySource"/>.</summary>
    public const int MaximumProxySources = 10;

    /// <summary>The most ports of a rule that are mapped one by one to ports of the servers: each is a service of its own in the kernel.</summary>
    public const int MaximumMappedPorts = 1024;

    /// <summary>The highest <see cref="Number"/>.</summary>
    public const uint MaximumNumber = int.MaxValue;

    /// <summary>The longest <see cref="NatTimeout"/>, 24 days: the kernel counts it in signed milliseconds.</summary>
    public static TimeSpan MaximumNatTimeout { get; } = TimeSpan.FromDays(24);

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
        RuleHealth? health = null,
        FirewallMark? firewallMark = null,
        string? @interface = null,
        AddressSpan? proxySource = null,
        Persistence? persistence = null,
        bool hashPort = false,
        bool fallback = false,
        bool onePacket = false,
        Tunnel? tunnel = null,
        TimeSpan connectionDrain = default,
        TimeSpan? natTimeout = null,
        TimeSpan? slowStart = null,
        DisabledTraffic onDisable = DisabledTraffic.Refuse,
        SorryGroup? sorry = null,
        uint? number = null,
        PassiveDetection? passive = null)
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
        FirewallMark = firewallMark;
        Interface = @interface;
        ProxySource = proxySource;
        Persistence = persistence;
        HashPort = hashPort;
        Fallback = fallback;
        OnePacket = onePacket;
        Tunnel = tunnel;
        ConnectionDrain = connectionDrain;
        NatTimeout = natTimeout;
        SlowStart = slowStart;
        OnDisable = onDisable;
        Sorry = sorry;
        Number = number;
        Passive = passive;
    }

    /// <summary>Its name, see <see cref="ObjectName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it forwards. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The virtual IP address that clients connect to: unicast and not loopback; an IPv6 address of one link only (link-local) is not allowed either, for it needs a scope, which IPVS does not know. Required unless there is a <see cref="FirewallMark"/>.</summary>
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

    /// <summary>How its servers are watched; null (default) = not at all: every server counts as alive, unless <see cref="Passive"/> or an <see cref="OutsideVerdict"/> says otherwise.</summary>
    public RuleHealth? Health { get; init; }

    /// <summary>Takes the packets of a mark instead of those of <see cref="Vip"/>, <see cref="Ports"/> and <see cref="Protocol"/>, which then are not given; null (default) = none.</summary>
    [JsonPropertyName("fwmark")]
    public FirewallMark? FirewallMark { get; init; }

    /// <summary>The network interface on which the VIP's address is put and kept, up to 15 characters; a machine may call it otherwise, see <see cref="NodeSettings.Interfaces"/>. Null (default) = the address is others' affair.</summary>
    public string? Interface { get; init; }

    /// <summary>The addresses that replace the client's, at most <see cref="MaximumProxySources"/> and of the VIP's family: required for <see cref="Topology.Nat"/>, not allowed for others.</summary>
    [JsonPropertyName("proxySrc")]
    public AddressSpan? ProxySource { get; init; }

    /// <summary>Client stickiness; null (default) = none.</summary>
    public Persistence? Persistence { get; init; }

    /// <summary>Whether the hash takes the client's port too: for sh and mh. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HashPort { get; init; }

    /// <summary>Whether a client whose server is out of service gets another: for sh and mh. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Fallback { get; init; }

    /// <summary>Whether each packet is scheduled for itself: for UDP. Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonPropertyName("ops")]
    public bool OnePacket { get; init; }

    /// <summary>How packets are put into a tunnel: for <see cref="Topology.Tun"/>; null (default) = IP in IP.</summary>
    public Tunnel? Tunnel { get; init; }

    /// <summary>How long connections live on when their server is disabled, removed or dead, or the rule goes: whole seconds, up to 365 days. Default 0 = until they end; for UDP, which has no end, at once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonPropertyName("connDrain")]
    public TimeSpan ConnectionDrain { get; init; }

    /// <summary>After which time without a packet a connection is forgotten: whole seconds, 1 s to 24 days; null (default) = the kernel's own.</summary>
    public TimeSpan? NatTimeout { get; init; }

    /// <summary>Over which time the weight of a server rises that joins or comes back: whole seconds, 1 s to a day; for algorithms that go by weights. Null (default) = at once.</summary>
    public TimeSpan? SlowStart { get; init; }

    /// <summary>What happens to new packets while it is disabled and has connections. Default <see cref="DisabledTraffic.Refuse"/>. <see cref="DisabledTraffic.Pass"/> has its packets marked, as those of many ports are; it does not go with a <see cref="FirewallMark"/>, nor with ports that each become another.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DisabledTraffic OnDisable { get; init; }

    /// <summary>Who serves while too few servers are able; null (default) = nobody.</summary>
    public SorryGroup? Sorry { get; init; }

    /// <summary>
    /// Its number, 1–<see cref="MaximumNumber"/>, among the rules of a configuration that need one: those of many ports and those of full NAT, whose packets are told by it inside the kernel, as a mark in the bits of
    /// <see cref="MarkSettings"/>. No two rules have the same at a time, and one that is free may be given again. Null (default) until the change that makes the rule is resolved, and for rules that need none.
    /// </summary>
    public uint? Number { get; init; }

    /// <summary>How its servers are watched by what the kernel counts, beside <see cref="Health"/> or alone; null (default) = not at all. Only with <see cref="Topology.HalfNat"/> and <see cref="Topology.Nat"/>.</summary>
    public PassiveDetection? Passive { get; init; }

    /// <summary>The address family of its packets; null if it has neither VIP nor mark.</summary>
    internal AddressFamily? Family => Vip?.AddressFamily ?? FirewallMark?.Family switch
    {
        IpFamily.Inet => AddressFamily.InterNetwork,
        IpFamily.Inet6 => AddressFamily.InterNetworkV6,
        _ => null,
    };

    /// <summary>Whether a server group serves it, always or sometimes.</summary>
    internal bool Uses(string serverGroup) => ServerGroup == serverGroup || Sorry?.ServerGroup == serverGroup;

    /// <summary>Whether it needs a <see cref="Number"/>: IPVS has a service of one port or of a mark, and what is done beside IPVS must find the rule's packets too.</summary>
    internal bool NeedsNumber => Topology == Topology.Nat || (FirewallMark is null && (Ports is not { Count: 1 } || OnDisable == DisabledTraffic.Pass));

    /// <summary>How its ports become those of its servers.</summary>
    /// <param name="servers">All servers that may serve it, also those of its <see cref="Sorry"/> group.</param>
    public PortMapping MapPorts(IEnumerable<Server> servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        if (FirewallMark is not null || (Ports is { Count: 1 } && OnDisable == DisabledTraffic.Refuse))
            return PortMapping.OneService;
        var ruled = Ports ?? PortRange.All;
        foreach (var server in servers)
        {
            if (server.Ports is { } ports && ports != ruled && (ports.Count > 1 || Persistence is not null))
                return PortMapping.EachPort;
        }

        // The kernel has a service of all ports for sticky clients only, and it keeps their ports.
        return Ports is null && Persistence is not null && OnDisable == DisabledTraffic.Refuse ? PortMapping.OneService : PortMapping.Mark;
    }

    /// <summary>All that is wrong with the rule for itself; empty if nothing is. What concerns others is <see cref="Configuration.Validate"/>'s.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        RuleChecks.Check(this, errors);
        return errors.ToValueList();
    }
}
