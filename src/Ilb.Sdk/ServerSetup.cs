using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>What a real server needs so that a rule's topology works: the server is another machine, which Ilb does not touch.</summary>
/// <example><code>
/// foreach (var line in ServerSetup.Commands(rule, server, IPAddress.Parse("10.0.0.1")))
///     Console.WriteLine(line);
/// </code></example>
public static class ServerSetup
{
    /// <summary>Shell commands to run on the server as root, with comments that say why. Running them twice does no harm; they last until the server's next boot.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="server">A server of its group, with its address.</param>
    /// <param name="balancer">The address of the balancer that the server reaches it at; only <see cref="Topology.HalfNat"/> needs it. Null = it is not known.</param>
    public static ValueList<string> Commands(Rule rule, Server server, IPAddress? balancer)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(server);
        var isV6 = server.Address?.AddressFamily == AddressFamily.InterNetworkV6;
        return rule.Topology switch
        {
            Topology.HalfNat => HalfNat(isV6, balancer),
            Topology.Nat => [$"# nothing: the server sees connections from {rule.ProxySource}, and needs a route to there only"],
            Topology.Dsr => [.. Vip(rule, isV6)],
            _ => [.. Vip(rule, isV6), .. Tunnel(rule.Tunnel ?? new Tunnel(), isV6)],
        };
    }

    private static ValueList<string> HalfNat(bool isV6, IPAddress? balancer) =>
    [
        "# replies must come back by way of the balancer",
        balancer is null ? $"# ip {(isV6 ? "-6 " : "")}route replace default via THE-BALANCER" : $"ip {(isV6 ? "-6 " : "")}route replace default via {balancer}",
        "# on one network with the clients, routers would tell a shorter way, around it",
        Each(isV6, "accept_redirects", 0),
    ];

    private static IEnumerable<string> Vip(Rule rule, bool isV6)
    {
        yield return "# packets arrive with the VIP as their destination";
        if (!isV6)
        {
            yield return "# nobody may learn from this server where the VIP is";
            yield return "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";
        }

        if (rule.Vip is null)
            yield return $"# for each address that packets of {rule.FirewallMark} go to: ip {(isV6 ? "-6 " : "")}addr replace ADDRESS/{(isV6 ? 128 : 32)} dev lo{(isV6 ? " nodad" : "")}";
        else
            yield return isV6 ? $"ip -6 addr replace {rule.Vip}/128 dev lo nodad" : $"ip addr replace {rule.Vip}/32 dev lo";
    }

    private static IEnumerable<string> Tunnel(Tunnel tunnel, bool isV6)
    {
        var (device, modules) = (tunnel.Kind == TunnelKind.Gre, isV6) switch
        {
            (true, false) => ("gre0", "ip_gre"),
            (true, true) => ("ip6gre0", "ip6_gre"),
            (false, false) => ("tunl0", "ipip"),
            (false, true) => ("ip6tnl0", "ip6_tunnel"),
        };
        yield return "# the end of the tunnel";
        // Built into the kernel, or loaded already, is as good.
        yield return $"modprobe -q {modules} 2>/dev/null || true";
        yield return $"ip link set {device} up";
        if (tunnel.Kind == TunnelKind.Gue)
        {
            var (module, family) = isV6 ? ("fou6", " -6") : ("fou", "");
            yield return $"modprobe -q {module} 2>/dev/null || true";
            yield return string.Create(CultureInfo.InvariantCulture, $"ip fou show | grep -q '^port {tunnel.Port} gue{family} *$' || ip fou add port {tunnel.Port} gue{family}");
        }

        if (isV6)
            yield break;
        yield return "# what comes out of the tunnel is from clients that are not reached through it";
        yield return Each(isV6, "rp_filter", 0);
    }

    private static string Each(bool isV6, string setting, int value) =>
        string.Create(CultureInfo.InvariantCulture, $"for file in /proc/sys/net/ipv{(isV6 ? 6 : 4)}/conf/*/{setting}; do echo {value} >\"$file\"; done");
}
