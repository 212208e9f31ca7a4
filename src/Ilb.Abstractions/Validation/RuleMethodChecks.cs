namespace Ilb;

/// <summary>What the parts of a rule must be that say how it forwards.</summary>
internal static class RuleMethodChecks
{
    public static void Check(Rule rule, ErrorList errors)
    {
        var subject = $"rule {Quote.Of(rule.Name)}";
        CheckProxySource(rule, subject, errors);
        CheckPersistence(rule, subject, errors);
        CheckTimers(rule, subject, errors);
        CheckAlgorithm(rule, subject, errors);
        CheckTunnel(rule, subject, errors);
        CheckSorry(rule, subject, errors);
        CheckPassive(rule, subject, errors);
    }

    private static void CheckProxySource(Rule rule, string subject, ErrorList errors)
    {
        if (rule.ProxySource is not { } source)
        {
            if (rule.Topology == Topology.Nat)
                errors.Add(IlbErrorCode.InvalidArgument, "proxySrc", $"{subject}: type=NAT needs proxy-src");
            return;
        }

        if (rule.Topology != Topology.Nat)
            errors.Add(IlbErrorCode.InvalidArgument, "proxySrc", $"{subject}: proxy-src is only for type=NAT, not for {rule.Topology.ToText()}");
        errors.CheckAddress(source.First, $"{subject}: proxy-src", "proxySrc");
        if (!source.Last.Equals(source.First))
            errors.CheckAddress(source.Last, $"{subject}: proxy-src", "proxySrc");
        if (source.Count - 1 >= Rule.MaximumProxySources)
            errors.Add(IlbErrorCode.InvalidArgument, "proxySrc", $"{subject}: proxy-src {source} has more than {Rule.MaximumProxySources} addresses");
        if (rule.Family is { } family && family != source.First.AddressFamily)
            errors.Add(IlbErrorCode.FamilyMismatch, "proxySrc", $"{subject}: proxy-src {source} is not of the VIP's address family");
    }

    private static void CheckPersistence(Rule rule, string subject, ErrorList errors)
    {
        if (rule.Persistence is not { } persistence)
            return;
        if (persistence.PrefixLength is { } prefix)
        {
            var isV6 = rule.Family == System.Net.Sockets.AddressFamily.InterNetworkV6;
            errors.CheckRange(prefix, isV6 ? 1 : 0, isV6 ? 128 : 32, subject, "pmask", "persistence.prefix");
        }

        CheckSeconds(persistence.Timeout, TimeSpan.FromSeconds(1), Persistence.MaximumTimeout, subject, "persist-timeout", "persistence.timeout", errors);
        if (persistence.Engine is not { } engine)
            return;
        errors.CheckDefined(engine, subject, "persistence.engine");
        if (rule.FirewallMark is null && rule.Protocol != Protocol.Udp)
            errors.Add(IlbErrorCode.InvalidArgument, "persistence.engine", $"{subject}: pe={engine.ToText()} is only for UDP, not for {rule.Protocol.ToText()}");
    }

    private static void CheckTimers(Rule rule, string subject, ErrorList errors)
    {
        var second = TimeSpan.FromSeconds(1);
        CheckSeconds(rule.ConnectionDrain, TimeSpan.Zero, Duration.Maximum, subject, "conn-drain", "connDrain", errors);
        if (rule.NatTimeout is { } timeout)
            CheckSeconds(timeout, second, Rule.MaximumNatTimeout, subject, "nat-timeout", "natTimeout", errors);
        if (rule.NatTimeout is not null && rule.Protocol == Protocol.Sctp)
            errors.Add(IlbErrorCode.InvalidArgument, "natTimeout", $"{subject}: nat-timeout is only for TCP and UDP: IPVS has no timeout of SCTP that can be set");
        errors.CheckDefined(rule.OnDisable, subject, "onDisable");
        if (rule is { OnDisable: DisabledTraffic.Pass, FirewallMark: not null })
            errors.Add(IlbErrorCode.InvalidArgument, "onDisable", $"{subject}: on-disable=pass does not go with fwmark: whoever marks the packets decides where they go");
        if (rule.SlowStart is not { } slowStart)
            return;
        CheckSeconds(slowStart, second, TimeSpan.FromDays(1), subject, "slow-start", "slowStart", errors);
        if (rule.Algorithm is not (Algorithm.RoundRobin or Algorithm.WeightedRoundRobin or Algorithm.WeightedLeastConnections or Algorithm.LocalityBasedLeastConnections
            or Algorithm.LocalityBasedLeastConnectionsWithReplication or Algorithm.ShortestExpectedDelay or Algorithm.NeverQueue or Algorithm.PowerOfTwoChoices))
        {
            errors.Add(IlbErrorCode.InvalidArgument, "slowStart", $"{subject}: slow-start needs an algorithm that goes by weights (roundrobin, wrr, wlc, lblc, lblcr, sed, nq, twos), not {rule.Algorithm.ToText()}");
        }
    }

    private static void CheckAlgorithm(Rule rule, string subject, ErrorList errors)
    {
        if (rule.Algorithm is not (Algorithm.SourceHashing or Algorithm.MaglevHashing))
        {
            if (rule.HashPort)
                errors.Add(IlbErrorCode.InvalidArgument, "hashPort", $"{subject}: hash-port is only for sh and mh, not for {rule.Algorithm.ToText()}");
            if (rule.Fallback)
                errors.Add(IlbErrorCode.InvalidArgument, "fallback", $"{subject}: fallback is only for sh and mh, not for {rule.Algorithm.ToText()}");
        }

        if (rule.OnePacket && rule.FirewallMark is null && rule.Protocol != Protocol.Udp)
            errors.Add(IlbErrorCode.InvalidArgument, "ops", $"{subject}: ops is only for UDP, not for {rule.Protocol.ToText()}");
    }

    private static void CheckTunnel(Rule rule, string subject, ErrorList errors)
    {
        if (rule.Tunnel is not { } tunnel)
            return;
        errors.CheckDefined(tunnel.Kind, subject, "tunnel.kind");
        errors.CheckDefined(tunnel.Checksum, subject, "tunnel.checksum");
        if (rule.Topology != Topology.Tun)
            errors.Add(IlbErrorCode.InvalidArgument, "tunnel", $"{subject}: tunnel settings are only for type=TUN, not for {rule.Topology.ToText()}");
        if (tunnel.Port is < 1 or > ushort.MaxValue)
            errors.Add(IlbErrorCode.InvalidPort, "tunnel.port", $"{subject}: tun-port {tunnel.Port} is out of range, allowed is 1-65535");
        if (tunnel.Port is null == (tunnel.Kind == TunnelKind.Gue))
            errors.Add(IlbErrorCode.InvalidArgument, "tunnel.port", $"{subject}: {(tunnel.Port is null ? "tun=gue needs tun-port" : $"tun-port is only for tun=gue, not for {tunnel.Kind.ToText()}")}");
        if (tunnel.Checksum != TunnelChecksum.None && (tunnel.Kind == TunnelKind.Ipip || (tunnel.Kind == TunnelKind.Gre && tunnel.Checksum == TunnelChecksum.Remote)))
            errors.Add(IlbErrorCode.InvalidArgument, "tunnel.checksum", $"{subject}: tun-csum={tunnel.Checksum.ToText()} does not go with tun={tunnel.Kind.ToText()}");
    }

    private static void CheckSorry(Rule rule, string subject, ErrorList errors)
    {
        if (rule.Sorry is not { } sorry)
            return;
        if (string.IsNullOrEmpty(sorry.ServerGroup))
            errors.Add(IlbErrorCode.NoSuchServerGroup, "sorry.serverGroup", $"{subject}: the sorry group is missing");
        else if (sorry.ServerGroup == rule.ServerGroup)
            errors.Add(IlbErrorCode.InvalidArgument, "sorry.serverGroup", $"{subject}: the sorry group is the rule's own server group {Quote.Of(rule.ServerGroup)}");
        if (sorry.Quorum.Value < 1)
            errors.Add(IlbErrorCode.InvalidArgument, "sorry.quorum", $"{subject}: quorum {sorry.Quorum} is out of range, the lowest is 1");
        if (sorry.Hysteresis.Value > 0 && sorry.Hysteresis.Number is null != sorry.Quorum.Number is null)
            errors.Add(IlbErrorCode.InvalidArgument, "sorry.hysteresis", $"{subject}: quorum {sorry.Quorum} and quorum-hysteresis {sorry.Hysteresis} are either both numbers or both percentages");
        else if (sorry.Quorum.Percentage is { } part && part.Value + sorry.Hysteresis.Value > 100)
            errors.Add(IlbErrorCode.InvalidArgument, "sorry.hysteresis", $"{subject}: quorum {sorry.Quorum} and quorum-hysteresis {sorry.Hysteresis} are more than 100%");
    }

    private static void CheckPassive(Rule rule, string subject, ErrorList errors)
    {
        if (rule.Passive is not { } passive)
            return;
        if (rule.Topology is Topology.Dsr or Topology.Tun)
            errors.Add(IlbErrorCode.InvalidArgument, "passive", $"{subject}: passive is only for type=HALF-NAT and NAT: with type={rule.Topology.ToText()} replies do not come by way of the balancer, so it cannot see that there are none");
        errors.CheckRange(passive.Connections, 1, PassiveDetection.MaximumConnections, subject, "passive", "passive.connections");
        CheckSeconds(passive.Hold, TimeSpan.FromSeconds(1), PassiveDetection.MaximumHold, subject, "passive-hold", "passive.hold", errors);
    }

    private static void CheckSeconds(TimeSpan value, TimeSpan minimum, TimeSpan maximum, string subject, string key, string path, ErrorList errors)
    {
        errors.CheckDuration(value, minimum, maximum, subject, key, path);
        if (value >= minimum && value <= maximum && value.Ticks % TimeSpan.TicksPerMillisecond == 0 && value.Ticks % TimeSpan.TicksPerSecond != 0)
            errors.Add(IlbErrorCode.InvalidArgument, path, $"{subject}: {key} {Duration.Format(value)} is not a whole number of seconds");
    }
}
