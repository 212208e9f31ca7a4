using System.Net;
using Ilb.Netlink.Ipvs;
using Ilb.Netlink.Route;

namespace Ilb;

/// <summary>What was seen of the kernel around IPVS, to find what is wrong.</summary>
internal sealed record KernelFacts
{
    public static KernelFacts None { get; } = new();

    public IReadOnlyList<Link> Links { get; init; } = [];

    public IReadOnlyList<InterfaceAddressState> Addresses { get; init; } = [];

    public IReadOnlyList<NeighborState> Neighbors { get; init; } = [];

    /// <summary>The way to each address that was asked about; null where there is none.</summary>
    public IReadOnlyDictionary<IPAddress, RouteState?> Routes { get; init; } = new Dictionary<IPAddress, RouteState?>();

    /// <summary>Settings by their path below /proc/sys, as <see cref="Settings"/> reads them; those that the kernel does not have are left out.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The packet filter as <c>nft -j list ruleset</c> tells it; null if it could not be read.</summary>
    public string? Filter { get; init; }

    /// <summary>Why the packet filter could not be read; null (default) if it could.</summary>
    public string? FilterFailure { get; init; }

    /// <summary>The tables of the old iptables that are in use, which nft does not show; null if that cannot be told.</summary>
    public IReadOnlyList<string>? LegacyTables { get; init; } = [];

    /// <summary>How many connections could not be tracked because their ports were taken (<c>insert_failed</c>) or the table was full (<c>drop</c>), since boot.</summary>
    public IReadOnlyDictionary<string, long> TrackingCounters { get; init; } = new Dictionary<string, long>();

    /// <summary>How many packets were dropped for their source is not routed to where they came from, since boot.</summary>
    public long ReversePathDrops { get; init; }

    public IReadOnlyList<IpvsSyncDaemonState> SyncDaemons { get; init; } = [];

    public string? Setting(string path) => Settings.GetValueOrDefault(path);

    public long? Number(string path) => long.TryParse(Setting(path), out var number) ? number : null;

    public Link? FindLink(int index) => Links.FirstOrDefault(link => link.Index == index);

    /// <summary>The interfaces that are up, without the loopback.</summary>
    public IEnumerable<Link> LinksUp => Links.Where(static link => link.States.HasFlag(LinkStates.Up) && !link.States.HasFlag(LinkStates.Loopback));
}
