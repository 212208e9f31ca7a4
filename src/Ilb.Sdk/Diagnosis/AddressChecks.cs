using System.Net;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>Whether packets to the VIPs arrive at this machine and are for it. Pure.</summary>
internal static class AddressChecks
{
    public static void Check(Facts facts, FindingList findings)
    {
        foreach (var vip in facts.Rules.Where(static rule => rule.Rule.Rule.Vip is not null).GroupBy(static rule => rule.Rule.Rule.Vip!))
            Check(facts, vip.Key, [.. vip.Select(static rule => rule.Rule.Rule)], findings);
    }

    private static void Check(Facts facts, IPAddress vip, Rule[] rules, FindingList findings)
    {
        var names = rules.Select(static rule => rule.Name).ToArray();
        var of = $"VIP {vip} of {FindingList.OfRules(names)}";
        var isV6 = FilterNames.IsV6(vip);
        var found = facts.Kernel.Addresses.Where(state => state.Address.Equals(vip)).Select(state => (State: state, Link: facts.Kernel.FindLink(state.LinkIndex))).ToArray();
        if (found.FirstOrDefault(static place => place.Link is { } link && !link.States.HasFlag(LinkStates.Up)) is { Link: { } down })
        {
            findings.Add(FindingSeverity.Error, FindingKind.VipNotHere, names, $"{of} is on {down.Name}, which is down: clients cannot reach it", $"ip link set {down.Name} up");
            return;
        }

        if (facts.RouteTo(vip) is not { Kind: RouteKind.Local } route)
        {
            var name = rules.Select(static rule => rule.Interface).FirstOrDefault(static name => name is not null);
            findings.Add(FindingSeverity.Error, FindingKind.VipNotHere, names, $"{of} is no address of this machine: IPVS does not see what is sent to it, and connections that end get no answer",
                name is not null ? FindingList.Lines([.. names.Select(static rule => $"ilbadm enable-rule {rule}")])
                : FindingList.Lines([.. names.Select(rule => $"ilbadm set-rule -i interface={facts.InterfaceTo(vip) ?? "IF"} {rule}")]) + $"\n# or, where a router sends its packets here: ip route add local {vip} dev lo");
            return;
        }

        foreach (var (state, link) in found)
        {
            if (link is not null && !link.States.HasFlag(LinkStates.Running) && !link.States.HasFlag(LinkStates.Loopback))
                findings.Add(FindingSeverity.Warning, FindingKind.VipNotHere, names, $"{of} is on {link.Name}, which has no carrier: clients on its network cannot reach it", $"look at the cable, or what stands for it: ip -s link show {link.Name}");
            if (isV6)
                CheckV6(state, link, names, of, findings);
        }
    }

    private static void CheckV6(InterfaceAddressState state, Link? link, string[] names, string of, FindingList findings)
    {
        var name = link?.Name ?? "IF";
        if (state.States.HasFlag(InterfaceAddressStates.DuplicateDetected))
        {
            findings.Add(FindingSeverity.Error, FindingKind.VipNotHere, names, $"{of} is not used on {name}, for another machine there has the same address", $"take it away from the other machine, then: ip addr del {state.Address}/{state.PrefixLength} dev {name}; ip addr add {state.Address}/128 dev {name} nodad preferred_lft 0");
            return;
        }

        // The kernel lets one that is deprecated be a source only if somebody asks for it by name. What is on lo is never on the way to anybody.
        if (!state.States.HasFlag(InterfaceAddressStates.Deprecated) && link?.States.HasFlag(LinkStates.Loopback) != true)
            findings.Add(FindingSeverity.Warning, FindingKind.VipAsSource, names, $"{of} may be the source of this machine's own packets by {name}: health checks and tunnels to servers that hold it too then fail", $"ip addr change {state.Address}/{state.PrefixLength} dev {name} preferred_lft 0");
        if (link is { Kind: "dummy" })
            findings.Add(FindingSeverity.Warning, FindingKind.VipNotHere, names, $"{of} is on {name}, a dummy: IPv6 neighbours that ask for it are not answered, so that only what a router sends here arrives", $"ip addr del {state.Address}/{state.PrefixLength} dev {name}; ip addr add {state.Address}/128 dev INTERFACE-OF-THE-CLIENTS nodad preferred_lft 0");
    }
}
