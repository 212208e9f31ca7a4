namespace Ilb.Cli.Commands;

/// <summary>Of which rules there is something to tell of their servers' health.</summary>
internal static class Watched
{
    /// <summary>Whether its servers are watched.</summary>
    public static bool IsWatched(Rule rule) => rule.Health is not null || rule.Passive is not null;

    /// <summary>Whether it is worth to ask. Where nothing is watched only others can have said something; a daemon tells that at no cost, but without one the state needs the kernel, and so root.</summary>
    public static bool MayTell(IEnumerable<Rule> rules, ILoadBalancer balancer) => rules.Any(rule => IsWatched(rule) || balancer is RemoteLoadBalancer);
}
