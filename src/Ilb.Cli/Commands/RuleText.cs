using System.Net;

namespace Ilb.Cli.Commands;

/// <summary>What the options of a rule say, in the model: one function for each option. What is wrong goes to the errors of the list.</summary>
internal static class RuleText
{
    public static readonly Key[] IncomingKeys =
    [
        new() { Name = "vip", Form = "ADDRESS", Help = "the virtual address, IPv4 or IPv6; required unless there is fwmark" },
        new() { Name = "port", Form = "PORT[-PORT]", Help = "1-65535 or the name of a service; left out = all ports" },
        new() { Name = "protocol", Aliases = ["prot"], Form = "TCP|UDP|SCTP", Help = "default TCP" },
        new() { Name = "interface", Form = "NAME", Help = "the interface on which the VIP is put and kept; default none: it is there already" },
        new() { Name = "fwmark", Form = "MARK", Help = "1-4294967295, instead of vip, port and protocol: packets that somebody else has marked" },
        new() { Name = "family", Form = "inet|inet6", Help = "the family of the marked packets; default inet" },
    ];

    public static readonly Key[] MethodKeys =
    [
        new() { Name = "type", Aliases = ["topo"], Form = "TYPE", Help = "HALF-NAT (h): to the server and back through here; DSR (d): replies go straight to the client; TUN (t): the same through a tunnel; NAT (n): also the client's address is replaced" },
        new() { Name = "lbalg", Aliases = ["algo"], Form = "ALGORITHM", Help = "roundrobin (rr, default), hash-ip (hip), hash-ip-port (hipp), hash-ip-vip (hipv), or a scheduler of the kernel: wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos" },
        new() { Name = "proxy-src", Aliases = ["nat-src"], Form = "IP[-IP]", Help = "the addresses that replace the client's, at most 10; with type=NAT, required there" },
        new() { Name = "pmask", Aliases = ["stickiness", "persist"], Form = "[/]N", Help = "with -p: how many leading bits of a client's address count, IPv4 0-32, IPv6 1-128; default all" },
        new() { Name = "pe", Form = "sip", Help = "with -p: what makes packets belong together, for UDP; default the client's address alone" },
        new() { Name = "hash-port", Form = "yes|no", Help = "the hash takes the client's port too; with sh and mh; default no" },
        new() { Name = "fallback", Form = "yes|no", Help = "a client whose server is out of service gets another; with sh and mh; default no" },
        new() { Name = "ops", Form = "yes|no", Help = "each packet is scheduled for itself; with UDP; default no" },
        new() { Name = "tun", Form = "ipip|gre|gue", Help = "with type=TUN: what packets are wrapped in; default ipip" },
        new() { Name = "tun-port", Form = "PORT", Help = "the UDP port at the server, 1-65535; with tun=gue, required there" },
        new() { Name = "tun-csum", Form = "no|yes|remote", Help = "the checksum of the wrapping; with tun=gre and tun=gue, remote only with gue; default no" },
    ];

    public static readonly Key[] HealthKeys =
    [
        new() { Name = "hc-name", Aliases = ["hcn"], Form = "NAME", Help = "the health check, required" },
        new() { Name = "hc-port", Aliases = ["hcp"], Form = "PORT|ANY|ALL", Help = "the port that is checked; default ANY: one of the server's, another each time; ALL: each of them" },
        new() { Name = "on-dead", Form = "drain|cut", Help = "what happens to a dead server's connections; default drain, for UDP cut" },
        new() { Name = "start", Form = "up|down", Help = "is a server in service before its first verdict; default up" },
        new() { Name = "panic", Form = "N%", Help = "1%-99%: when more than this part looks dead, all stay in service; default never" },
        new() { Name = "passive", Form = "N", Help = "1-1000000, with type=HALF-NAT and NAT: a server that sends nothing back to so many new connections is out; also without hc-name; default off" },
        new() { Name = "passive-hold", Form = "TIME", Help = "with passive: for how long, unless it is heard of before, 1s-1d; default 60" },
    ];

    public static readonly Key[] TimerKeys =
    [
        new() { Name = "conn-drain", Form = "TIME", Help = "how long connections live on when their server goes, up to 365d; default 0 = until they end, for UDP at once" },
        new() { Name = "nat-timeout", Form = "TIME", Help = "after which silence a connection is forgotten, 1s-31d; default the kernel's" },
        new() { Name = "persist-timeout", Form = "TIME", Help = "with -p: how long stickiness lasts, 1s-31d; default 60" },
        new() { Name = "slow-start", Form = "TIME", Help = "over which time the weight of a new server rises, 1s-1d; default at once" },
        new() { Name = "on-disable", Form = "refuse|pass", Help = "new packets of a disabled rule that has connections are refused (default) or left to the local sockets" },
    ];

    public static readonly Key[] OutgoingKeys =
    [
        new() { Name = "servergroup", Aliases = ["sg"], Form = "NAME", Help = "the server group" },
        new() { Name = "sorry", Form = "NAME", Help = "the group that serves while fewer servers than the quorum are able; default none" },
        new() { Name = "quorum", Form = "N|N%", Help = "default 1" },
        new() { Name = "quorum-hysteresis", Form = "N|N%", Help = "how many able servers more it takes until sorry stops serving; default 0" },
    ];

    /// <summary><c>-i</c>.</summary>
    public static Rule WithIncoming(Rule rule, KeyList keys, Func<string> services)
    {
        if (keys.IsNew && keys.IsMissing("fwmark"))
            keys.Require("vip");
        var protocol = keys.Value("protocol", rule.Protocol, Protocol.Tcp, ProtocolNames.Parse);
        return rule with
        {
            Vip = keys.Value<IPAddress?>("vip", rule.Vip, null, Vip),
            Ports = keys.Value("port", rule.Ports, null, text => ServicePort.Parse(text, protocol, services)),
            Protocol = protocol,
            Interface = keys.Value("interface", rule.Interface, null, static text => text),
            FirewallMark = Mark(rule.FirewallMark, keys),
        };
    }

    /// <summary><c>-m</c>. Stickiness (<c>-p</c>) is in the rule already.</summary>
    public static Rule WithMethod(Rule rule, KeyList keys)
    {
        if (keys.IsNew)
            keys.Require("type");
        return rule with
        {
            Topology = keys.Value("type", rule.Topology, TopologyNames.Parse),
            Algorithm = keys.Value("lbalg", rule.Algorithm, Algorithm.RoundRobin, AlgorithmNames.Parse),
            ProxySource = keys.Value("proxy-src", rule.ProxySource, null, static text => AddressSpan.Parse(text)),
            Persistence = Stickiness(rule.Persistence, keys),
            HashPort = keys.YesOrNo("hash-port", rule.HashPort, false),
            Fallback = keys.YesOrNo("fallback", rule.Fallback, false),
            OnePacket = keys.YesOrNo("ops", rule.OnePacket, false),
            Tunnel = TunnelOf(rule.Tunnel, keys),
        };
    }

    /// <summary><c>-h</c>.</summary>
    public static Rule WithHealth(Rule rule, KeyList keys)
    {
        rule = rule with { Passive = PassiveOf(rule.Passive, keys) };
        // The counters need no check.
        if (keys.IsNew && keys.HasAny("passive") && !keys.HasAny("hc-name", "hc-port", "on-dead", "start", "panic"))
            return rule;
        var health = keys.IsEmptied("hc-name") ? null : rule.Health;
        if (health is null)
        {
            if (!keys.IsNew && !keys.HasAny("hc-name", "hc-port", "on-dead", "start", "panic"))
                return rule with { Health = null };
            health = new RuleHealth { Check = keys.Require("hc-name") ?? "" };
        }

        return rule with
        {
            Health = health with
            {
                Check = keys.Find("hc-name") ?? health.Check,
                Port = keys.Value("hc-port", health.Port, HealthPort.Any, static text => HealthPort.Parse(text)),
                OnDead = keys.Value<DeadAction?>("on-dead", health.OnDead, null, static text => DeadActionNames.Parse(text)),
                Start = keys.Value("start", health.Start, StartState.Up, StartStateNames.Parse),
                Panic = keys.Value("panic", health.Panic, null, static text => Percentage.Parse(text)),
            },
        };
    }

    /// <summary><c>-t</c>. Stickiness (<c>-p</c>) is in the rule already.</summary>
    public static Rule WithTimers(Rule rule, KeyList keys)
    {
        var persistence = rule.Persistence;
        if (persistence is not null)
            persistence = persistence with { Timeout = keys.Value("persist-timeout", persistence.Timeout, new Persistence().Timeout, Duration.Parse) };
        else if (keys.HasAny("persist-timeout"))
            keys.Fail("persist-timeout= needs -p");
        return rule with
        {
            ConnectionDrain = keys.Value("conn-drain", rule.ConnectionDrain, TimeSpan.Zero, Duration.Parse),
            NatTimeout = keys.Value<TimeSpan?>("nat-timeout", rule.NatTimeout, null, static text => Duration.Parse(text)),
            Persistence = persistence,
            SlowStart = keys.Value<TimeSpan?>("slow-start", rule.SlowStart, null, static text => Duration.Parse(text)),
            OnDisable = keys.Value("on-disable", rule.OnDisable, DisabledTraffic.Refuse, DisabledTrafficNames.Parse),
        };
    }

    /// <summary><c>-o</c>.</summary>
    public static Rule WithOutgoing(Rule rule, KeyList keys)
    {
        if (keys.IsNew)
            keys.Require("servergroup");
        return rule with
        {
            ServerGroup = keys.Value("servergroup", rule.ServerGroup, static text => text),
            Sorry = SorryOf(rule.Sorry, keys),
        };
    }

    // ipvsadm has the port behind the address.
    private static IPAddress Vip(string text) =>
        !NumericAddress.TryParse(text, out _) && text.LastIndexOf(':') is > 0 and var colon && NumericAddress.TryParse(text[..colon], out _)
            ? throw new FormatException($"{Quote.Of(text)} is not an IPv4 or IPv6 address; the port stands in port=")
            : NumericAddress.Parse(text);

    private static FirewallMark? Mark(FirewallMark? mark, KeyList keys)
    {
        mark = keys.IsEmptied("fwmark") ? null : mark;
        if (mark is null)
        {
            if (!keys.HasAny("fwmark", "family"))
                return null;
            keys.Require("fwmark");
        }

        return new FirewallMark
        {
            Mark = keys.Value("fwmark", mark?.Mark ?? 0, static text => (uint)KeyList.Number(text, 1, uint.MaxValue)),
            Family = keys.Value("family", mark?.Family ?? IpFamily.Inet, IpFamily.Inet, IpFamilyNames.Parse),
        };
    }

    private static Persistence? Stickiness(Persistence? persistence, KeyList keys)
    {
        if (keys.IsEmptied("pmask"))
            return null;
        if (persistence is null)
        {
            foreach (var name in (string[])["pmask", "pe"])
            {
                if (keys.HasAny(name))
                    keys.Fail($"{name}= needs -p");
            }

            return null;
        }

        return persistence with
        {
            PrefixLength = keys.Value<int?>("pmask", persistence.PrefixLength, null, static text => (int)KeyList.Number(text.StartsWith('/') ? text[1..] : text, 0, 128)),
            Engine = keys.Value<PersistenceEngine?>("pe", persistence.Engine, null, static text => PersistenceEngineNames.Parse(text)),
        };
    }

    private static Tunnel? TunnelOf(Tunnel? tunnel, KeyList keys)
    {
        tunnel = keys.IsEmptied("tun") ? null : tunnel;
        if (tunnel is null && !keys.HasAny("tun", "tun-port", "tun-csum"))
            return null;
        tunnel ??= new Tunnel();
        return tunnel with
        {
            Kind = keys.Value("tun", tunnel.Kind, TunnelKind.Ipip, TunnelKindNames.Parse),
            Port = keys.Value<int?>("tun-port", tunnel.Port, null, static text => (int)KeyList.Number(text, 1, ushort.MaxValue)),
            Checksum = keys.Value("tun-csum", tunnel.Checksum, TunnelChecksum.None, TunnelChecksumNames.Parse),
        };
    }

    private static PassiveDetection? PassiveOf(PassiveDetection? passive, KeyList keys)
    {
        passive = keys.IsEmptied("passive") ? null : passive;
        if (passive is null)
        {
            if (!keys.HasAny("passive", "passive-hold"))
                return null;
            keys.Require("passive");
        }

        passive ??= new PassiveDetection { Connections = 1 };
        return passive with
        {
            Connections = keys.Value("passive", passive.Connections, 1, static text => (int)KeyList.Number(text, 1, PassiveDetection.MaximumConnections)),
            Hold = keys.Value("passive-hold", passive.Hold, new PassiveDetection { Connections = 1 }.Hold, Duration.Parse),
        };
    }

    private static SorryGroup? SorryOf(SorryGroup? sorry, KeyList keys)
    {
        sorry = keys.IsEmptied("sorry") ? null : sorry;
        if (sorry is null)
        {
            if (!keys.HasAny("sorry", "quorum", "quorum-hysteresis"))
                return null;
            sorry = new SorryGroup { ServerGroup = keys.Require("sorry") ?? "" };
        }

        return sorry with
        {
            ServerGroup = keys.Find("sorry") ?? sorry.ServerGroup,
            Quorum = keys.Value("quorum", sorry.Quorum, 1, static text => Quorum.Parse(text)),
            Hysteresis = keys.Value("quorum-hysteresis", sorry.Hysteresis, 0, static text => Quorum.Parse(text)),
        };
    }
}
