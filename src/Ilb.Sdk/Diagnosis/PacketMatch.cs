using System.Globalization;

namespace Ilb;

/// <summary>What tells packets of a rule from others, in the language of whoever writes a table: for commands that let them pass.</summary>
internal sealed record PacketMatch(Rule Rule, PathPart Part, Server? Server)
{
    private string Address => Part == PathPart.Request || (Part == PathPart.Onward && Rule.Topology == Topology.Dsr) ? Rule.Vip!.ToString() : Server!.Address!.ToString();

    private PortRange? Ports => Part == PathPart.Request || Rule.Topology == Topology.Dsr ? Rule.Ports : Server?.Ports ?? Rule.Ports;

    // What is in a tunnel has neither its protocol nor its ports.
    private bool IsInTunnel => Part == PathPart.Onward && Rule.Topology == Topology.Tun;

    private string Protocol => FilterNames.Word(Rule.Protocol);

    private bool IsV6 => FilterNames.IsV6(Rule.Vip!);

    public string Nft(FilterChain chain, FilterRule? before)
    {
        var direction = Part == PathPart.Reply ? 's' : 'd';
        var packets = IsInTunnel ? "" : Ports is { } ports ? $" {Protocol} {direction}port {ports}" : $" meta l4proto {Protocol}";
        var place = $"{chain.Family} {chain.Table} {chain.Name}";
        return $"nft {(before is null ? $"add rule {place}" : string.Create(CultureInfo.InvariantCulture, $"insert rule {place} handle {before.Handle}"))} {(IsV6 ? "ip6" : "ip")} {direction}addr {Address}{packets} accept";
    }

    public string Iptables(FilterChain chain, bool isLast)
    {
        var direction = Part == PathPart.Reply ? 's' : 'd';
        var packets = IsInTunnel ? "" : $" -p {Protocol}{(Ports is { } ports ? $" --{direction}port {ports.ToString().Replace('-', ':')}" : "")}";
        return $"{(IsV6 ? "ip6tables" : "iptables")} {(chain.Table == "filter" ? "" : $"-t {chain.Table} ")}{(isLast ? "-A" : "-I")} {chain.Name} -{direction} {Address}{packets} -j ACCEPT";
    }
}
