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
        var port = (ushort)rule.Ports!.First;
        return new VirtualService
        {
            Rule = rule.Name,
            Service = Service(rule, IpvsServiceKey.ForAddress(Protocol(rule.Protocol), rule.Vip!, port)),
            Destinations = group.Servers.Select(server => Destination(rule, server, port)).ToValueList(),
        };
    }

    private static IpvsService Service(Rule rule, IpvsServiceKey key) => rule.Algorithm switch
    {
        // Always wrr: with equal weights it is round robin, and a weight that comes later changes no scheduler, which would cost an RCU wait.
        Algorithm.RoundRobin or Algorithm.WeightedRoundRobin => new IpvsService { Key = key, Scheduler = "wrr" },

        // mh keeps a server of weight 0 in its table; without fallback its clients would be refused.
        Algorithm.HashIp or Algorithm.HashIpVip => new IpvsService { Key = key, Scheduler = "mh", SchedulerOptions = IpvsSchedulerOptions.Fallback },
        Algorithm.HashIpPort => new IpvsService { Key = key, Scheduler = "mh", SchedulerOptions = IpvsSchedulerOptions.Fallback | IpvsSchedulerOptions.Port },

        // Every other algorithm is a scheduler of the kernel by its own name.
        _ => new IpvsService { Key = key, Scheduler = rule.Algorithm.ToText() },
    };

    private static IpvsDestination Destination(Rule rule, Server server, ushort port) => new()
    {
        Address = server.Address!,
        Port = (ushort)(server.Ports?.First ?? port),
        Forwarding = rule.Topology switch
        {
            Topology.Dsr => IpvsForwarding.DirectRouting,
            Topology.Tun => IpvsForwarding.Tunnel,
            _ => IpvsForwarding.Masquerading,
        },
        Weight = server.Enabled ? server.Weight : 0,
        UpperThreshold = (uint)(server.MaximumConnections ?? 0),
        LowerThreshold = (uint)(server.MinimumConnections ?? 0),
    };

    private static IpvsProtocol Protocol(Protocol protocol) => protocol switch
    {
        Ilb.Protocol.Udp => IpvsProtocol.Udp,
        Ilb.Protocol.Sctp => IpvsProtocol.Sctp,
        _ => IpvsProtocol.Tcp,
    };
}
