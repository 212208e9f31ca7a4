using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Changes of a rule what is given, and leaves the rest. A part such as <see cref="Health"/> is given whole.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchRule"/>, <see cref="IlbErrorCode.InvalidArgument"/> for an unknown member of <see cref="Reset"/>, and those of <see cref="CreateRule"/>.</remarks>
public sealed record SetRule : Change
{
    // What has a default to go back to, by its name in JSON.
    private static readonly (string Member, Func<Rule, Rule> WithDefault)[] Resettable =
    [
        ("vip", static rule => rule with { Vip = null }),
        ("protocol", static rule => rule with { Protocol = default }),
        ("ports", static rule => rule with { Ports = null }),
        ("fwmark", static rule => rule with { FirewallMark = null }),
        ("interface", static rule => rule with { Interface = null }),
        ("algorithm", static rule => rule with { Algorithm = default }),
        ("proxySrc", static rule => rule with { ProxySource = null }),
        ("persistence", static rule => rule with { Persistence = null }),
        ("hashPort", static rule => rule with { HashPort = default }),
        ("fallback", static rule => rule with { Fallback = default }),
        ("ops", static rule => rule with { OnePacket = default }),
        ("tunnel", static rule => rule with { Tunnel = null }),
        ("health", static rule => rule with { Health = null }),
        ("connDrain", static rule => rule with { ConnectionDrain = default }),
        ("natTimeout", static rule => rule with { NatTimeout = default }),
        ("slowStart", static rule => rule with { SlowStart = default }),
        ("onDisable", static rule => rule with { OnDisable = default }),
        ("sorry", static rule => rule with { Sorry = null }),
        ("passive", static rule => rule with { Passive = null }),
    ];

    /// <summary>Makes a change of nothing yet.</summary>
    public SetRule()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal SetRule(
        string name,
        IPAddress? vip = null,
        Protocol? protocol = null,
        PortRange? ports = null,
        FirewallMark? firewallMark = null,
        string? @interface = null,
        Algorithm? algorithm = null,
        Topology? topology = null,
        AddressSpan? proxySource = null,
        Persistence? persistence = null,
        bool? hashPort = null,
        bool? fallback = null,
        bool? onePacket = null,
        Tunnel? tunnel = null,
        RuleHealth? health = null,
        TimeSpan? connectionDrain = null,
        TimeSpan? natTimeout = null,
        TimeSpan? slowStart = null,
        DisabledTraffic? onDisable = null,
        string? serverGroup = null,
        SorryGroup? sorry = null,
        ValueList<string>? reset = null,
        PassiveDetection? passive = null)
    {
        Name = name;
        Vip = vip;
        Protocol = protocol;
        Ports = ports;
        FirewallMark = firewallMark;
        Interface = @interface;
        Algorithm = algorithm;
        Topology = topology;
        ProxySource = proxySource;
        Persistence = persistence;
        HashPort = hashPort;
        Fallback = fallback;
        OnePacket = onePacket;
        Tunnel = tunnel;
        Health = health;
        ConnectionDrain = connectionDrain;
        NatTimeout = natTimeout;
        SlowStart = slowStart;
        OnDisable = onDisable;
        ServerGroup = serverGroup;
        Sorry = sorry;
        Reset = reset ?? [];
        Passive = passive;
    }

    /// <summary>The rule's name.</summary>
    public required string Name { get; init; }

    /// <summary>See <see cref="Rule.Vip"/>; null (default) = as it is.</summary>
    public IPAddress? Vip { get; init; }

    /// <summary>See <see cref="Rule.Protocol"/>; null (default) = as it is.</summary>
    public Protocol? Protocol { get; init; }

    /// <summary>See <see cref="Rule.Ports"/>; null (default) = as it is.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>See <see cref="Rule.FirewallMark"/>; null (default) = as it is.</summary>
    [JsonPropertyName("fwmark")]
    public FirewallMark? FirewallMark { get; init; }

    /// <summary>See <see cref="Rule.Interface"/>; null (default) = as it is.</summary>
    public string? Interface { get; init; }

    /// <summary>See <see cref="Rule.Algorithm"/>; null (default) = as it is.</summary>
    public Algorithm? Algorithm { get; init; }

    /// <summary>See <see cref="Rule.Topology"/>; null (default) = as it is.</summary>
    public Topology? Topology { get; init; }

    /// <summary>See <see cref="Rule.ProxySource"/>; null (default) = as it is.</summary>
    [JsonPropertyName("proxySrc")]
    public AddressSpan? ProxySource { get; init; }

    /// <summary>See <see cref="Rule.Persistence"/>; null (default) = as it is.</summary>
    public Persistence? Persistence { get; init; }

    /// <summary>See <see cref="Rule.HashPort"/>; null (default) = as it is.</summary>
    public bool? HashPort { get; init; }

    /// <summary>See <see cref="Rule.Fallback"/>; null (default) = as it is.</summary>
    public bool? Fallback { get; init; }

    /// <summary>See <see cref="Rule.OnePacket"/>; null (default) = as it is.</summary>
    [JsonPropertyName("ops")]
    public bool? OnePacket { get; init; }

    /// <summary>See <see cref="Rule.Tunnel"/>; null (default) = as it is.</summary>
    public Tunnel? Tunnel { get; init; }

    /// <summary>See <see cref="Rule.Health"/>; null (default) = as it is.</summary>
    public RuleHealth? Health { get; init; }

    /// <summary>See <see cref="Rule.ConnectionDrain"/>; null (default) = as it is.</summary>
    [JsonPropertyName("connDrain")]
    public TimeSpan? ConnectionDrain { get; init; }

    /// <summary>See <see cref="Rule.NatTimeout"/>; null (default) = as it is.</summary>
    public TimeSpan? NatTimeout { get; init; }

    /// <summary>See <see cref="Rule.SlowStart"/>; null (default) = as it is.</summary>
    public TimeSpan? SlowStart { get; init; }

    /// <summary>See <see cref="Rule.OnDisable"/>; null (default) = as it is.</summary>
    public DisabledTraffic? OnDisable { get; init; }

    /// <summary>See <see cref="Rule.ServerGroup"/>; null (default) = as it is.</summary>
    public string? ServerGroup { get; init; }

    /// <summary>See <see cref="Rule.Sorry"/>; null (default) = as it is.</summary>
    public SorryGroup? Sorry { get; init; }

    /// <summary>See <see cref="Rule.Passive"/>; null (default) = as it is.</summary>
    public PassiveDetection? Passive { get; init; }

    /// <summary>The members that get their default again, by their name in JSON, as in <c>health</c>; before the others are set. Default none.</summary>
    public ValueList<string> Reset { get; init; } = [];

    /// <summary>The change that makes one rule of another; the name is that of <paramref name="after"/>, and <see cref="Rule.Enabled"/> is not compared.</summary>
    /// <param name="before">The rule as it is.</param>
    /// <param name="after">The rule as it shall be.</param>
    /// <example><code>
    /// await balancer.SetRuleAsync(SetRule.Between(rule, rule with { Ports = 8080, Health = null }));
    /// </code></example>
    public static SetRule Between(Rule before, Rule after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var reset = new List<string>();
        return new SetRule
        {
            Name = after.Name,
            Vip = Part(before.Vip, after.Vip, "vip"),
            Protocol = Value(before.Protocol, after.Protocol),
            Ports = Part(before.Ports, after.Ports, "ports"),
            FirewallMark = Part(before.FirewallMark, after.FirewallMark, "fwmark"),
            Interface = Part(before.Interface, after.Interface, "interface"),
            Algorithm = Value(before.Algorithm, after.Algorithm),
            Topology = Value(before.Topology, after.Topology),
            ProxySource = Part(before.ProxySource, after.ProxySource, "proxySrc"),
            Persistence = Part(before.Persistence, after.Persistence, "persistence"),
            HashPort = Value(before.HashPort, after.HashPort),
            Fallback = Value(before.Fallback, after.Fallback),
            OnePacket = Value(before.OnePacket, after.OnePacket),
            Tunnel = Part(before.Tunnel, after.Tunnel, "tunnel"),
            Health = Part(before.Health, after.Health, "health"),
            ConnectionDrain = Value(before.ConnectionDrain, after.ConnectionDrain),
            NatTimeout = Time(before.NatTimeout, after.NatTimeout, "natTimeout"),
            SlowStart = Time(before.SlowStart, after.SlowStart, "slowStart"),
            OnDisable = Value(before.OnDisable, after.OnDisable),
            ServerGroup = before.ServerGroup == after.ServerGroup ? null : after.ServerGroup,
            Sorry = Part(before.Sorry, after.Sorry, "sorry"),
            Passive = Part(before.Passive, after.Passive, "passive"),
            Reset = reset.ToValueList(),
        };

        T? Part<T>(T? old, T? next, string member)
            where T : class
        {
            if (next is null && old is not null)
                reset.Add(member);
            return Equals(old, next) ? null : next;
        }

        TimeSpan? Time(TimeSpan? old, TimeSpan? next, string member)
        {
            if (next is null && old is not null)
                reset.Add(member);
            return old == next ? null : next;
        }

        static T? Value<T>(T old, T next)
            where T : struct => EqualityComparer<T>.Default.Equals(old, next) ? null : next;
    }

    private protected override void CheckGiven(ErrorList errors)
    {
        errors.CheckGiven(Name, "name");
        errors.CheckGiven(Reset, "reset");
        RuleChecks.CheckGiven(Health, "health", errors);
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var place = configuration.Rules.IndexOf(rule => rule.Name == Name);
        if (place < 0)
        {
            errors.Add(IlbErrorCode.NoSuchRule, "name", $"rule {Quote.Of(Name)} does not exist");
            return configuration;
        }

        var rule = configuration.Rules[place];
        for (var i = 0; i < Reset.Count; i++)
        {
            var member = Reset[i];
            if (Array.Find(Resettable, known => known.Member == member).WithDefault is { } withDefault)
                rule = withDefault(rule);
            else
                errors.Add(IlbErrorCode.InvalidArgument, $"reset[{i}]", $"rule {Quote.Of(Name)}: {Quote.Of(member)} has no default to go back to; known are {string.Join(", ", Resettable.Select(static known => known.Member))}");
        }

        rule = RuleNumbers.WithNumber(WithGiven(rule), configuration.Rules);
        RuleEdits.Check(rule, configuration, errors);
        return configuration with { Rules = configuration.Rules.With(place, rule) };
    }

    private Rule WithGiven(Rule rule) => rule with
    {
        Vip = Vip ?? rule.Vip,
        Protocol = Protocol ?? rule.Protocol,
        Ports = Ports ?? rule.Ports,
        FirewallMark = FirewallMark ?? rule.FirewallMark,
        Interface = Interface ?? rule.Interface,
        Algorithm = Algorithm ?? rule.Algorithm,
        Topology = Topology ?? rule.Topology,
        ProxySource = ProxySource ?? rule.ProxySource,
        Persistence = Persistence ?? rule.Persistence,
        HashPort = HashPort ?? rule.HashPort,
        Fallback = Fallback ?? rule.Fallback,
        OnePacket = OnePacket ?? rule.OnePacket,
        Tunnel = Tunnel ?? rule.Tunnel,
        Health = Health ?? rule.Health,
        ConnectionDrain = ConnectionDrain ?? rule.ConnectionDrain,
        NatTimeout = NatTimeout ?? rule.NatTimeout,
        SlowStart = SlowStart ?? rule.SlowStart,
        OnDisable = OnDisable ?? rule.OnDisable,
        ServerGroup = ServerGroup ?? rule.ServerGroup,
        Sorry = Sorry ?? rule.Sorry,
        Passive = Passive ?? rule.Passive,
    };
}
