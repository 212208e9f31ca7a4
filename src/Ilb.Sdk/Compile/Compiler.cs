using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>From rules to what the kernel should hold. Pure.</summary>
internal static class Compiler
{
    /// <summary>The services of all rules, by key, where nothing is known besides.</summary>
    /// <param name="configuration">A configuration that <see cref="Support"/> lets pass.</param>
    /// <param name="node">The machine; null (default) = one without settings.</param>
    public static Dictionary<IpvsServiceKey, VirtualService> Compile(Configuration configuration, NodeSettings? node = null)
    {
        var services = new Dictionary<IpvsServiceKey, VirtualService>(configuration.Rules.Count);
        foreach (var change in Compilation.Compare(Configuration.Empty, configuration, Runtime.None, default, node: node))
        {
            foreach (var service in Compile(change.After!, default))
                services.Add(service.Service.Key, service);
        }

        return services;
    }

    /// <summary>The services of a rule; none if it is disabled: then new packets go on to the local stack.</summary>
    /// <param name="rule">A rule that <see cref="Support"/> lets pass.</param>
    /// <param name="now">The present time: what the weights of servers that join have risen to.</param>
    public static ValueList<VirtualService> Compile(RuleCase rule, DateTimeOffset now)
    {
        if (!rule.Rule.Enabled)
            return [];
        var able = new Able(rule);
        return KeysOf(rule).Select(key => new VirtualService
        {
            Rule = rule.Rule.Name,
            Service = Service(rule.Rule, key),
            Destinations = Destinations(rule, key, able, now).ToValueList(),
        }).ToValueList();
    }

    /// <summary>The keys of a rule's services.</summary>
    public static IEnumerable<IpvsServiceKey> KeysOf(RuleCase rule)
    {
        if (rule.Rule.FirewallMark is { } mark)
            return [IpvsServiceKey.ForFirewallMark(mark.Mark, mark.Family == IpFamily.Inet6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)];
        var (protocol, vip) = (Protocol(rule.Rule.Protocol), rule.Rule.Vip!);
        return rule.Rule.MapPorts(rule.Servers) switch
        {
            PortMapping.Mark => [IpvsServiceKey.ForFirewallMark(rule.Node.Marks.MarkOf(rule.Rule.Number!.Value), vip.AddressFamily)],
            PortMapping.EachPort => Enumerable.Range(rule.Rule.Ports!.First, rule.Rule.Ports.Count).Select(port => IpvsServiceKey.ForAddress(protocol, vip, (ushort)port)),
            // All ports are the kernel's port 0.
            _ => [IpvsServiceKey.ForAddress(protocol, vip, (ushort)(rule.Rule.Ports?.First ?? 0))],
        };
    }

    /// <summary>The port at which a server of a rule is reached by one of the rule's services; 0 keeps the packet's port.</summary>
    public static ushort PortOf(Rule rule, Server server, IpvsServiceKey service) => server.Ports switch
    {
        null => service.Port,
        { Count: 1 } ports => (ushort)ports.First,
        // As many ports as the rule: its own, or others, one by one.
        var ports => service.Port == 0 ? (ushort)0 : (ushort)(ports.First + service.Port - rule.Ports!.First),
    };

    /// <summary>How a server of a rule is reached.</summary>
    public static ProbeWay WayOf(Rule rule, Server server) => new()
    {
        Server = server.Address!,
        Forwarding = Forwarding(rule),
        Tunnel = rule.Tunnel is { } tunnel ? Tunnel(tunnel) : default,
    };

    // The servers of the sorry group are there all the time, so that those that they have served are not cut when the others come back. One that is disabled leaves.
    private static IEnumerable<IpvsDestination> Destinations(RuleCase rule, IpvsServiceKey key, Able able, DateTimeOffset now)
    {
        var servers = rule.Group.Servers.Where(server => !able.IsCut(server) && !rule.IsDrainOver(server, now))
            .Select(server => Destination(rule.Rule, server, PortOf(rule.Rule, server, key), able.IsInService(server) ? Ramp.Weight(rule, server, now) : 0));
        return rule.Sorry is null
            ? servers
            : servers.Concat(rule.SorryServers.Select(server => Destination(rule.Rule, server, PortOf(rule.Rule, server, key), able.IsSorry ? Ramp.Full(rule.Rule, server) : 0)))
                .GroupBy(static destination => (destination.Address, destination.Port), static (_, same) => same.MaxBy(static destination => destination.Weight)!);
    }

    /// <summary>The service of a key without its destinations.</summary>
    public static IpvsService Service(Rule rule, IpvsServiceKey key)
    {
        var (scheduler, options) = rule.Algorithm switch
        {
            // Always wrr: with equal weights it is round robin, and a weight that comes later changes no scheduler, which would cost an RCU wait.
            Algorithm.RoundRobin or Algorithm.WeightedRoundRobin => ("wrr", IpvsSchedulerOptions.None),

            // mh keeps a server of weight 0 in its table; without fallback its clients would be refused.
            Algorithm.HashIp or Algorithm.HashIpVip => ("mh", IpvsSchedulerOptions.Fallback),
            Algorithm.HashIpPort => ("mh", IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port),

            // Every other algorithm is a scheduler of the kernel by its own name.
            _ => (rule.Algorithm.ToText(), (rule.Fallback ? IpvsSchedulerOptions.Fallback : 0) | (rule.HashPort ? IpvsSchedulerOptions.Port : 0)),
        };
        return new IpvsService
        {
            Key = key,
            Scheduler = scheduler,
            SchedulerOptions = options,
            Persistence = rule.Persistence is { } persistence ? Persistence(persistence, key.Family) : null,
            PersistenceEngine = rule.Persistence?.Engine?.ToText(),
            OnePacket = rule.OnePacket,
        };
    }

    private static IpvsPersistence Persistence(Persistence persistence, AddressFamily family) => new()
    {
        Timeout = persistence.Timeout,
        Netmask = persistence.PrefixLength is { } length ? IpvsNetmask.FromPrefixLength(length, family) : IpvsNetmask.Host,
    };

    /// <summary>A server as a destination.</summary>
    public static IpvsDestination Destination(Rule rule, Server server, ushort port, int weight) => new()
    {
        Address = server.Address!,
        Port = port,
        Forwarding = Forwarding(rule),
        Weight = weight,
        UpperThreshold = (uint)(server.MaximumConnections ?? 0),
        LowerThreshold = (uint)(server.MinimumConnections ?? 0),
        Tunnel = rule.Tunnel is { } tunnel ? Tunnel(tunnel) : default,
    };

    private static IpvsForwarding Forwarding(Rule rule) => rule.Topology switch
    {
        Topology.Dsr => IpvsForwarding.DirectRouting,
        Topology.Tun => IpvsForwarding.Tunnel,
        _ => IpvsForwarding.Masquerading,
    };

    private static IpvsTunnel Tunnel(Tunnel tunnel) => new()
    {
        Kind = tunnel.Kind switch { TunnelKind.Gre => IpvsTunnelKind.Gre, TunnelKind.Gue => IpvsTunnelKind.Gue, _ => IpvsTunnelKind.Ipip },
        Port = (ushort)(tunnel.Port ?? 0),
        Checksum = tunnel.Checksum switch
        {
            TunnelChecksum.Full => IpvsTunnelChecksum.Full,
            TunnelChecksum.Remote => IpvsTunnelChecksum.Remote,
            _ => IpvsTunnelChecksum.None,
        },
    };

    private static IpvsProtocol Protocol(Protocol protocol) => protocol switch
    {
        Ilb.Protocol.Udp => IpvsProtocol.Udp,
        Ilb.Protocol.Sctp => IpvsProtocol.Sctp,
        _ => IpvsProtocol.Tcp,
    };
}
