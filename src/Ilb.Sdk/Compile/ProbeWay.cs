using System.Net;
using Ilb.Netlink.Ipvs;

namespace Ilb;

/// <summary>How packets get to a server whatever VIP and port they are for: what a hidden service of one server is made of. Rules that reach a server in the same way share it.</summary>
internal sealed record ProbeWay
{
    public required IPAddress Server { get; init; }

    public required IpvsForwarding Forwarding { get; init; }

    public IpvsTunnel Tunnel { get; init; }

    /// <summary>The ways that the checks of a rule take through the data path: where packets arrive at the server as the clients', and the test goes over the network.</summary>
    /// <param name="rule">The rule; null if there is none.</param>
    public static IReadOnlyList<ProbeWay> Of(RuleCase? rule) =>
        rule is { Rule: { Enabled: true, Vip: not null, Topology: Topology.Dsr or Topology.Tun, Health: not null }, Check.Test: not (PingTest or ScriptTest or ProductTest) }
            ? [.. rule.Group.Servers.Where(static server => server.Enabled).Select(server => Compiler.WayOf(rule.Rule, server)).Distinct()]
            : [];
}
