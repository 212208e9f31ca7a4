using System.Globalization;

namespace Ilb.Cli.Text;

/// <summary>A rule as the command that creates it.</summary>
internal static class RuleWords
{
    private static readonly Persistence DefaultPersistence = new();
    private static readonly PassiveDetection DefaultPassive = new() { Connections = 1 };

    public static IEnumerable<string> Of(Rule rule) =>
    [
        "create-rule",
        .. rule.Enabled ? (string[])["-e"] : [],
        .. rule.Persistence is null ? (string[])[] : ["-p"],
        .. Option("-i", Incoming(rule)),
        .. Option("-m", Method(rule)),
        .. Option("-h", Health(rule)),
        .. Option("-t", Timers(rule)),
        .. Option("-o", Outgoing(rule)),
        rule.Name,
    ];

    private static string[] Option(string name, KeyText keys) => keys.IsEmpty ? [] : [name, keys.ToString()];

    private static KeyText Incoming(Rule rule) => rule.FirewallMark is { } mark
        ? new KeyText().Add("fwmark", mark.Mark.ToString(CultureInfo.InvariantCulture)).Add("family", mark.Family == IpFamily.Inet ? null : mark.Family.ToText())
        : new KeyText().Add("vip", rule.Vip?.ToString()).Add("port", rule.Ports?.ToString()).Add("protocol", rule.Protocol.ToText()).Add("interface", rule.Interface);

    private static KeyText Method(Rule rule) => new KeyText()
        .Add("lbalg", rule.Algorithm.ToText())
        .Add("type", rule.Topology.ToText())
        .Add("proxy-src", rule.ProxySource?.ToString())
        .Add("pmask", rule.Persistence?.PrefixLength?.ToString(CultureInfo.InvariantCulture))
        .Add("hash-port", rule.HashPort ? "yes" : null)
        .Add("fallback", rule.Fallback ? "yes" : null)
        .Add("tun", rule.Tunnel?.Kind.ToText())
        .Add("tun-port", rule.Tunnel?.Port?.ToString(CultureInfo.InvariantCulture))
        .Add("tun-csum", rule.Tunnel is { Checksum: not TunnelChecksum.None } tunnel ? tunnel.Checksum.ToText() : null)
        .Add("ops", rule.OnePacket ? "yes" : null)
        .Add("pe", rule.Persistence?.Engine?.ToText());

    private static KeyText Health(Rule rule) => Health(rule.Health)
        .Add("passive", rule.Passive?.Connections.ToString(CultureInfo.InvariantCulture))
        .Add("passive-hold", rule.Passive is { } passive && passive.Hold != DefaultPassive.Hold ? Duration.Format(passive.Hold) : null);

    private static KeyText Health(RuleHealth? health) => new KeyText()
        .Add("hc-name", health?.Check)
        .Add("hc-port", health is null || health.Port == HealthPort.Any ? null : health.Port.ToString())
        .Add("on-dead", health?.OnDead?.ToText())
        .Add("start", health is { Start: not StartState.Up } ? health.Start.ToText() : null)
        .Add("panic", health?.Panic?.ToString());

    private static KeyText Timers(Rule rule) => new KeyText()
        .Add("conn-drain", rule.ConnectionDrain == TimeSpan.Zero ? null : Duration.Format(rule.ConnectionDrain))
        .Add("nat-timeout", Optional(rule.NatTimeout))
        .Add("persist-timeout", rule.Persistence is { } persistence && persistence.Timeout != DefaultPersistence.Timeout ? Duration.Format(persistence.Timeout) : null)
        .Add("slow-start", Optional(rule.SlowStart))
        .Add("on-disable", rule.OnDisable == DisabledTraffic.Refuse ? null : rule.OnDisable.ToText());

    private static KeyText Outgoing(Rule rule) => new KeyText()
        .Add("servergroup", rule.ServerGroup)
        .Add("sorry", rule.Sorry?.ServerGroup)
        .Add("quorum", rule.Sorry is { } sorry && sorry.Quorum != 1 ? sorry.Quorum.ToString() : null)
        .Add("quorum-hysteresis", rule.Sorry is { } margin && margin.Hysteresis != 0 ? margin.Hysteresis.ToString() : null);

    private static string? Optional(TimeSpan? duration) => duration is { } value ? Duration.Format(value) : null;
}
