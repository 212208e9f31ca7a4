using System.Net;

namespace Ilb;

/// <summary>Which part of a connection's way a packet is on.</summary>
internal enum PathPart
{
    /// <summary>From a client to the VIP, until IPVS takes it.</summary>
    Request,

    /// <summary>From IPVS to a server.</summary>
    Onward,

    /// <summary>From a server back to the client.</summary>
    Reply,
}

/// <summary>What the packet filter does to the packets of a rule, on all their ways through this machine. Pure.</summary>
/// <remarks>IPVS takes requests in the hook <c>input</c> just before priority 100, sends what becomes of them through <c>output</c> and <c>postrouting</c>, and translates replies in <c>forward</c> at 100 (net/netfilter/ipvs/ip_vs_core.c).</remarks>
internal sealed class FilterPath
{
    /// <summary>From this priority on connections are tracked (<c>NF_IP_PRI_CONNTRACK</c>).</summary>
    public const int Tracking = -200;

    /// <summary>Where our own marks are given.</summary>
    public const int Marking = -150;

    /// <summary>Where IPVS stands in the hooks <c>input</c> and <c>forward</c>, and our translation of sources in <c>postrouting</c>.</summary>
    public const int Ipvs = 99;

    // Clients do not use the ports of services as their own.
    private static readonly Operand ClientPorts = Operand.Of(new PortRange(1024, ushort.MaxValue));

    private const byte Syn = 0x02;
    private const byte SynAck = 0x12;
    private const byte Ack = 0x10;

    private readonly Ruleset _ruleset;
    private readonly Rule _rule;
    private readonly PacketMark? _mark;
    private readonly bool _isTracked;
    private readonly Operand? _only;
    private readonly bool _isV6;
    private readonly string _protocol;

    /// <param name="ruleset">The packet filter.</param>
    /// <param name="rule">A rule with a VIP.</param>
    /// <param name="mark">The mark that we give its packets; null if none.</param>
    /// <param name="isTracked">Whether IPVS has its connections tracked (<c>vs.conntrack</c>).</param>
    /// <param name="only">The only interface that is up, by which clients come and go; null if there are several.</param>
    public FilterPath(Ruleset ruleset, Rule rule, PacketMark? mark, bool isTracked, string? only)
    {
        (_ruleset, _rule, _mark, _isTracked) = (ruleset, rule, mark, isTracked);
        _only = only is null ? null : Operand.Of(only);
        _isV6 = FilterNames.IsV6(rule.Vip!);
        _protocol = FilterNames.Word(rule.Protocol);
    }

    private bool IsOneSided => _rule.Topology is Topology.Dsr or Topology.Tun;

    private Operand Vip => Operand.Of(_rule.Vip!);

    private Operand Ports => Operand.Of(_rule.Ports ?? PortRange.All);

    /// <summary>What is done to packets from clients before IPVS takes them.</summary>
    /// <param name="isLater">Whether it is not the first packet of a connection.</param>
    public List<FilterEffect> Request(bool isLater)
    {
        var packet = Packet(isLater) with
        {
            SourcePort = ClientPorts,
            Destination = Vip,
            DestinationPort = Ports,
            State = RequestState(isLater),
            Flags = isLater ? Ack : Syn,
            Input = _only ?? new Operand.Other("lo"),
            Output = Operand.Of(""),
            DestinationKind = "local",
            Mark = 0,
        };
        var effects = new List<FilterEffect>();
        _ = Lead("ingress", ref packet, effects, isLater, static _ => true) && Lead("prerouting", ref packet, effects, isLater, static _ => true) && Lead("input", ref packet, effects, isLater, static chain => chain.Priority < Ipvs);
        return effects;
    }

    /// <summary>What is done to packets that IPVS sends to a server.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="ports">The port that they go to there.</param>
    /// <param name="output">The interface by which they leave; null if it is not known.</param>
    /// <param name="isLater">Whether it is not the first packet of a connection.</param>
    public List<FilterEffect> Onward(IPAddress server, PortRange? ports, string? output, bool isLater)
    {
        var packet = Packet(isLater) with
        {
            SourcePort = ClientPorts,
            Destination = Operand.Of(_rule.Topology == Topology.Dsr ? _rule.Vip! : server),
            DestinationPort = Operand.Of(_rule.Topology == Topology.Dsr ? _rule.Ports ?? PortRange.All : ports ?? _rule.Ports ?? PortRange.All),
            State = _isTracked ? RequestState(isLater) : "untracked",
            Flags = isLater ? Ack : Syn,
            Input = Operand.Of(""),
            Output = output is null ? null : Operand.Of(output),
            DestinationKind = "unicast",
            Mark = _mark?.Mark ?? 0,
        };
        if (_rule.Topology == Topology.Tun)
            packet = InTunnel(packet);
        var effects = new List<FilterEffect>();
        var isTranslated = _rule.Topology == Topology.Nat;
        // Ours gives a source just before 100; what comes after it does not count any more.
        _ = Lead("output", ref packet, effects, isLater, static chain => chain.Type != "nat") && Lead("postrouting", ref packet, effects, isLater, chain => chain.Type != "nat" || !isTranslated || chain.Priority <= Ipvs);
        return effects;
    }

    /// <summary>What is done to packets that come back from a server.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="ports">The port that they come from.</param>
    /// <param name="input">The interface by which they come; null if it is not known.</param>
    /// <param name="isLater">Whether it is not the first packet.</param>
    public List<FilterEffect> Reply(IPAddress server, PortRange? ports, string? input, bool isLater)
    {
        var packet = Packet(isLater) with
        {
            Source = Operand.Of(server),
            SourcePort = Operand.Of(ports ?? _rule.Ports ?? PortRange.All),
            DestinationPort = ClientPorts,
            // Where IPVS leaves tracking alone, nobody has seen the connection begin.
            State = _isTracked ? "established" : _rule.Protocol == Protocol.Udp || isLater ? "new" : "invalid",
            Flags = isLater ? Ack : SynAck,
            IsReply = true,
            Input = input is null ? null : Operand.Of(input),
            Output = Operand.Of(""),
            Mark = 0,
        };
        var effects = new List<FilterEffect>();
        if (!Lead("ingress", ref packet, effects, isLater, static _ => true) || !Lead("prerouting", ref packet, effects, isLater, static chain => chain.Type != "nat"))
            return effects;
        packet = packet with { Output = _only, DestinationKind = "unicast" };
        if (!Lead("forward", ref packet, effects, isLater, static chain => chain.Priority <= Ipvs))
            return effects;
        packet = packet with { Source = Vip, SourcePort = Ports, State = _isTracked ? packet.State : "untracked" };
        _ = Lead("forward", ref packet, effects, isLater, static chain => chain.Priority > Ipvs) && Lead("postrouting", ref packet, effects, isLater, static chain => chain.Type != "nat");
        return effects;
    }

    private FilterPacket Packet(bool isLater) => new() { IsV6 = _isV6, Protocol = _protocol, Asked = Vip, AskedPort = Ports, Flags = isLater ? Ack : Syn };

    // A connection of which only one side passes here is never established; to TCP its second packet makes no sense. Where IPVS leaves tracking alone, nothing is remembered, and each packet is the first.
    private string RequestState(bool isLater) => !isLater ? "new" : !_isTracked ? "new" : !IsOneSided ? "established" : _rule.Protocol == Protocol.Tcp ? "invalid" : "new";

    private FilterPacket InTunnel(FilterPacket packet)
    {
        var kind = _rule.Tunnel?.Kind ?? TunnelKind.Ipip;
        return packet with
        {
            Protocol = kind switch { TunnelKind.Gre => "gre", TunnelKind.Gue => "udp", _ => _isV6 ? "ipv6" : "ipencap" },
            SourcePort = null,
            DestinationPort = kind == TunnelKind.Gue ? Operand.Of((UInt128)(uint)(_rule.Tunnel?.Port ?? 0)) : null,
            // A connection of its own, of this machine, which nobody answers.
            State = "new",
            Asked = null,
            AskedPort = null,
        };
    }

    private bool Lead(string hook, ref FilterPacket packet, List<FilterEffect> effects, bool isLater, Func<FilterChain, bool> isMet)
    {
        var isComing = hook is "prerouting" or "ingress";
        foreach (var chain in _ruleset.At(hook, _isV6))
        {
            // Only the first packet of a connection that is tracked meets translations.
            if (!isMet(chain) || (chain.Type == "nat" && (isLater || packet.State != "new")))
                continue;
            if (hook == "prerouting" && _mark is not null && chain.Priority >= Marking)
                packet = Marked(packet);
            var state = packet.State;
            // Before tracking, nothing is known of a connection.
            if (isComing && chain.Priority < Tracking && state != "untracked")
                packet = packet with { State = "invalid" };
            var passes = ChainWalk.Pass(_ruleset, chain, ref packet, effects);
            if (packet.State != "untracked")
                packet = packet with { State = state };
            if (!passes)
                return false;
        }

        if (hook == "prerouting" && _mark is not null)
            packet = Marked(packet);
        return true;
    }

    // By our own table, once.
    private FilterPacket Marked(FilterPacket packet) => packet.IsMarked || packet.IsReply ? packet : packet with { IsMarked = true, Mark = (packet.Mark & ~_mark!.Mask) | _mark.Mark };
}
