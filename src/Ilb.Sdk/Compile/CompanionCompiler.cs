using System.Net.Sockets;

namespace Ilb;

/// <summary>From a rule to what it needs beside its services. Pure.</summary>
internal static class CompanionCompiler
{
    /// <summary>What a rule asks for; nothing if it is disabled.</summary>
    /// <param name="rule">The rule, or null if there is none.</param>
    public static IReadOnlyList<Companion> Compile(RuleCase? rule)
    {
        if (rule is null || !rule.Rule.Enabled)
            return [];
        var companions = new List<Companion>();
        AddMark(rule, companions);
        AddTranslation(rule.Rule, companions);
        AddShared(rule.Rule, rule.Node, companions);
        return companions;
    }

    /// <summary>What connections rely on that a rule has left behind. Its packets are marked no more, so that new ones go on to the local stack; and the sources of those that are under way are known to the connection tracking.</summary>
    /// <param name="rule">The rule as it was.</param>
    /// <param name="node">The machine.</param>
    public static IReadOnlyList<Companion> CompileLeaving(Rule rule, NodeSettings node)
    {
        var companions = new List<Companion>();
        AddShared(rule, node, companions);
        return companions;
    }

    private static void AddShared(Rule rule, NodeSettings node, List<Companion> companions)
    {
        AddTracking(rule, companions);
        AddSettings(rule, companions);
        if (rule is { Interface: { } name, Vip: { } vip })
            companions.Add(new OwnedAddress { Interface = node.Interfaces.FirstOrDefault(known => known.Name == name)?.Local ?? name, Address = vip });
    }

    private static void AddTracking(Rule rule, List<Companion> companions)
    {
        if (rule.Topology != Topology.Nat)
            return;
        companions.Add(SourceChains.Instance);
        companions.Add(new KernelSetting { Path = "net/ipv4/vs/conntrack", Value = "1" });
    }

    private static void AddMark(RuleCase rule, List<Companion> companions)
    {
        if (rule.Rule.MapPorts(rule.Servers) != PortMapping.Mark)
            return;
        var number = rule.Rule.Number!.Value;
        companions.Add(new MarkChains { Mask = rule.Node.Marks.Mask });
        companions.Add(new PacketMark
        {
            Number = number,
            Address = rule.Rule.Vip!,
            Protocol = rule.Rule.Protocol,
            Ports = rule.Rule.Ports ?? PortRange.All,
            Mark = rule.Node.Marks.MarkOf(number),
            Mask = rule.Node.Marks.Mask | rule.Node.Marks.Base,
        });
    }

    private static void AddTranslation(Rule rule, List<Companion> companions)
    {
        if (rule.Topology != Topology.Nat)
            return;
        companions.Add(new SourceTranslation
        {
            Number = rule.Number!.Value,
            Address = rule.Vip,
            Protocol = rule.Protocol,
            Ports = rule.Ports ?? PortRange.All,
            Mark = rule.FirewallMark?.Mark ?? 0,
            Sources = rule.ProxySource!,
        });
    }

    private static void AddSettings(Rule rule, List<Companion> companions)
    {
        var isV6 = rule.Vip?.AddressFamily == AddressFamily.InterNetworkV6 || rule.FirewallMark?.Family == IpFamily.Inet6;
        // Replies come by way of this machine.
        if (rule.Topology is Topology.HalfNat or Topology.Nat)
            companions.Add(new KernelSetting { Path = isV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", Value = "1" });
        // Where clients, servers and this machine share a network, it would tell the servers a shorter way, around itself. In IPv6 only the servers can close their ears.
        if (rule.Topology == Topology.HalfNat && !isV6)
            companions.Add(new KernelSetting { Path = "net/ipv4/conf/*/send_redirects", Value = "0" });
        // A sticky client leaves a server without weight for its next connection.
        if (rule.Persistence is not null)
            companions.Add(new KernelSetting { Path = "net/ipv4/vs/expire_quiescent_template", Value = "1" });
        // In DSR and TUN the kernel hears only the client's half of a connection's end: 2 has it take that for the end, 1 is its own default. It remembers a closed connection for two minutes, and a client that uses its port
        // again would be sent to the server of then, also if that has left.
        var isTcp = rule.FirewallMark is not null || rule.Protocol == Protocol.Tcp;
        if (isTcp && rule.Topology is Topology.Dsr or Topology.Tun)
            companions.Add(new KernelSetting { Path = "net/ipv4/vs/conn_reuse_mode", Value = "3" });
        // Else those whose time is over would hang in silence, and those of UDP go on to where nobody is; and a closed connection of a sticky client, which the kernel never takes for closed, would keep its server too.
        if (Drain.NeedsCut(rule) || (isTcp && rule.Persistence is not null))
            companions.Add(new KernelSetting { Path = "net/ipv4/vs/expire_nodest_conn", Value = "1" });
        if (rule.NatTimeout is not { } timeout)
            return;
        companions.Add(new IdleTimeout { Protocol = rule.Protocol, Value = timeout });
        // Nobody knows what others have marked.
        if (rule.FirewallMark is not null)
            companions.Add(new IdleTimeout { Protocol = Protocol.Udp, Value = timeout });
    }
}
