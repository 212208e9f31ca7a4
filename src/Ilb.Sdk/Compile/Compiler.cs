using System.Net.Sockets;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>From rules to what the kernel should hold. Pure.</summary>
internal static class Compiler
{
    /// <summary>The services of all rules, by key.</summary>
    public static Dictionary<IpvsServiceKey, VirtualService> Compile(Configuration configuration)
    {
        var groups = configuration.ServerGroups.ToDictionary(static group => group.Name);
        var services = new Dictionary<IpvsServiceKey, VirtualService>(configuration.Rules.Count);
        foreach (var rule in configuration.Rules)
        {
            if (Compile(rule, groups[rule.ServerGroup]) is { } service)
                services.Add(service.Service.Key, service);
        }

        return services;
    }

    /// <summary>The service of a rule; null if it is disabled: then new packets go on to the local stack.</summary>
    /// <param name="rule">A rule that <see cref="Support"/> lets pass.</param>
    /// <param name="group">Its server group.</param>
    public static VirtualService? Compile(Rule rule, ServerGroup group)
    {
        if (!rule.Enabled)
            return null;
        // 0 keeps the packet's port: a service of a mark has none of its own, one of all ports is the kernel's port 0.
        var port = (ushort)(rule.Ports?.First ?? 0);
        var key = rule.FirewallMark is { } mark
            ? IpvsServiceKey.ForFirewallMark(mark.Mark, mark.Family == IpFamily.Inet6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)
            : IpvsServiceKey.ForAddress(Protocol(rule.Protocol), rule.Vip!, port);
        return new VirtualService
        {
            Rule = rule.Name,
            Service = Service(rule, key),
            Destinations = group.Servers.Select(server => Destination(rule, server, port)).ToValueList(),
        };
    }

    private static IpvsService Service(Rule rule, IpvsServiceKey key)
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

    private static IpvsDestination Destination(Rule rule, Server server, ushort port) => new()
    {
        Address = server.Address!,
        // As many ports as the rule are the rule's own.
        Port = server.Ports is { Count: 1 } ports ? (ushort)ports.First : port,
        Forwarding = rule.Topology switch
        {
            Topology.Dsr => IpvsForwarding.DirectRouting,
            Topology.Tun => IpvsForwarding.Tunnel,
            _ => IpvsForwarding.Masquerading,
        },
        Weight = server.Enabled ? server.Weight : 0,
        UpperThreshold = (uint)(server.MaximumConnections ?? 0),
        LowerThreshold = (uint)(server.MinimumConnections ?? 0),
        Tunnel = rule.Tunnel is { } tunnel ? Tunnel(tunnel) : default,
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
