using System.CommandLine;
using System.Net;

namespace Ilb.Cli.Commands;

/// <summary>create-rule.</summary>
internal static class CreateRuleCommand
{
    private static readonly Key[] IncomingKeys = ["vip", "port", new() { Name = "protocol", Alias = "prot" }, Key.Later("interface"), Key.Later("fwmark"), Key.Later("family")];

    private static readonly Key[] MethodKeys =
    [
        new() { Name = "lbalg", Alias = "algo" },
        new() { Name = "type", Alias = "topo" },
        Key.Later("proxy-src", "nat-src"),
        new() { Name = "pmask", Alias = "stickiness", IsLater = true },
        Key.Later("persist"),
        Key.Later("hash-port"),
        Key.Later("fallback"),
        Key.Later("tun"),
        Key.Later("tun-port"),
        Key.Later("tun-csum"),
        Key.Later("ops"),
        Key.Later("pe"),
    ];

    private static readonly Key[] OutgoingKeys = [new() { Name = "servergroup", Alias = "sg" }, Key.Later("sorry"), Key.Later("quorum"), Key.Later("quorum-hysteresis")];

    public static Command Make(Session session)
    {
        var enabled = new Option<bool>("-e", "--enable") { Description = "Create it enabled; without -e it is disabled" };
        var incoming = new Option<string>("-i", "--incoming") { Description = "Which packets: address, port and protocol (TCP, UDP, SCTP; default TCP)", HelpName = "vip=V,port=P[,protocol=X]", Required = true };
        var method = new Option<string>("-m", "--method")
        {
            Description = $"How: algorithm ({string.Join(", ", AlgorithmNames.All)}; default roundrobin) and topology (HALF-NAT, DSR, TUN)",
            HelpName = "type=T[,lbalg=A]",
            Required = true,
        };
        var outgoing = new Option<string>("-o", "--outgoing") { Description = "Where to: the server group", HelpName = "servergroup=G", Required = true };
        var persistent = new Option<bool>("-p", "--persistent") { Hidden = true };
        var health = new Option<string>("-h", "--health") { Hidden = true };
        var timers = new Option<string>("-t", "--timers") { Hidden = true };
        var name = new Argument<string>("name") { Description = "The rule's name" };
        return session.Changing("create-rule", "Create a rule", [enabled, incoming, method, outgoing, persistent, health, timers], name, (result, errors) =>
        {
            if (result.GetValue(persistent))
                errors.Add(Refusal.NotSupported("-p (client stickiness)"));
            if (result.GetResult(health) is not null)
                errors.Add(Refusal.NotSupported("-h (health checks)"));
            if (result.GetResult(timers) is not null)
                errors.Add(Refusal.NotSupported("-t (timers)"));
            var rule = new Rule
            {
                Name = result.Of(name),
                Enabled = result.GetValue(enabled),
                Topology = Topology.HalfNat,
                ServerGroup = "",
            };
            if (result.Of(incoming) is { } packets)
                rule = WithIncoming(rule, KeyList.Parse("-i", packets, IncomingKeys, errors), session.Terminal, errors);
            if (result.Of(method) is { } how)
                rule = WithMethod(rule, KeyList.Parse("-m", how, MethodKeys, errors), errors);
            if (result.Of(outgoing) is { } where)
                rule = rule with { ServerGroup = KeyList.Parse("-o", where, OutgoingKeys, errors).Require("servergroup") ?? "" };
            return [new CreateRule { Rule = rule }];
        });
    }

    private static Rule WithIncoming(Rule rule, KeyList incoming, Terminal terminal, List<string> errors)
    {
        IPAddress? vip = null;
        if (incoming.Require("vip") is { } address && !NumericAddress.TryParse(address, out vip))
            errors.Add($"-i: vip={address} is not an IPv4 or IPv6 address");
        var protocol = Protocol.Tcp;
        if (incoming.Find("protocol") is { } word && !ProtocolNames.TryParse(word, out protocol))
            errors.Add($"-i: protocol={word} does not exist{Suggestion.For(word, ProtocolNames.All)}; known are {string.Join(", ", ProtocolNames.All)}");
        return rule with { Vip = vip, Protocol = protocol, Ports = Ports(incoming, vip is not null, protocol, terminal, errors) };
    }

    private static PortRange? Ports(KeyList incoming, bool isRead, Protocol protocol, Terminal terminal, List<string> errors)
    {
        if (incoming.Find("port") is not { } text)
        {
            // With a VIP that cannot be read, its port may stand there.
            if (incoming.IsMissing("port") && (isRead || incoming.IsMissing("vip")))
                errors.Add(Refusal.NotSupported("a rule without port= (all ports)"));
            return null;
        }

        if (PortRange.TryParse(text, null, out var ports))
        {
            if (ports.Count > 1)
                errors.Add(Refusal.NotSupported($"a range of ports (port={text})"));
            return ports;
        }

        if (!char.IsAsciiDigit(text[0]) && ServiceNames.Find(text, protocol, terminal.Services()) is { } port)
            return port;
        errors.Add($"-i: port={text} is neither a port (1-65535), nor a range of ports such as 8000-8010, nor the name of a {protocol.ToText()} service");
        return null;
    }

    private static Rule WithMethod(Rule rule, KeyList method, List<string> errors)
    {
        var (algorithm, topology) = (Algorithm.RoundRobin, Topology.HalfNat);
        if (method.Find("lbalg") is { } name && !AlgorithmNames.TryParse(name, out algorithm))
            errors.Add($"-m: lbalg={name} does not exist{Suggestion.For(name, AlgorithmNames.All)}; known are {string.Join(", ", AlgorithmNames.All)}");
        if (method.Require("type") is { } type)
        {
            if (!TopologyNames.TryParse(type, out topology))
                errors.Add($"-m: type={type} does not exist{Suggestion.For(type, TopologyNames.All)}; known are {string.Join(", ", TopologyNames.All)}");
            else if (topology == Topology.Nat)
                errors.Add(Refusal.NotSupported("type=NAT"));
        }

        return rule with { Algorithm = algorithm, Topology = topology };
    }
}
