using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Addresses that the balancers of a site share by VRRP version 3 (RFC 9568): one of the balancers, the master, has all of them.</summary>
/// <example><code>
/// var group = new FailoverGroup { Name = "site", VirtualRouterId = 51, Interface = "eth0", Addresses = [VirtualAddress.Parse("192.0.2.1/24")] };
/// </code></example>
public sealed record FailoverGroup
{
    /// <summary>The most <see cref="Addresses"/>.</summary>
    public const int MaximumAddresses = 255;

    /// <summary>The lowest <see cref="Interval"/>, and what it is counted in: 10 ms.</summary>
    public static TimeSpan MinimumInterval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest <see cref="Interval"/>, 40.95 s.</summary>
    public static TimeSpan MaximumInterval { get; } = TimeSpan.FromMilliseconds(40_950);

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <summary>Makes a failover group with the defaults.</summary>
    public FailoverGroup()
    {
    }

    // For the JSON reader: a member that is left out has its default, which the generated code of init-only members would lose.
    // A duration of 0 is one that was left out: the reader refuses 0.
    [JsonConstructor]
    [SetsRequiredMembers]
    internal FailoverGroup(
        string name,
        int virtualRouterId,
        string @interface,
        ValueList<VirtualAddress> addresses,
        bool enabled = true,
        int priority = 100,
        TimeSpan interval = default,
        bool preempt = false,
        ValueList<IPAddress>? peers = null)
    {
        Name = name;
        Enabled = enabled;
        VirtualRouterId = virtualRouterId;
        Interface = @interface;
        Priority = priority;
        Interval = interval == default ? DefaultInterval : interval;
        Preempt = preempt;
        Peers = peers ?? [];
        Addresses = addresses;
    }

    /// <summary>Its name, see <see cref="ObjectName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the balancers take part. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The number of the virtual router, 1–255: on an interface no other group of the same address family has it.</summary>
    [JsonPropertyName("vrid")]
    public required int VirtualRouterId { get; init; }

    /// <summary>The network interface that the balancers hear each other on and that gets the addresses, up to 15 characters. A machine may call it otherwise, see <see cref="NodeSettings.Interfaces"/>.</summary>
    public required string Interface { get; init; }

    /// <summary>Of several balancers the one with the highest becomes the master, 1–254. Default 100. A machine may have its own, see <see cref="NodeSettings.FailoverGroups"/>.</summary>
    public int Priority { get; init; } = 100;

    /// <summary>How often the master says that it lives: 10 ms to 40.95 s in steps of 10 ms. After three times without a word another takes over. Default 1 s.</summary>
    [JsonConverter(typeof(PositiveDurationConverter))]
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>Whether a balancer with a higher priority that comes back takes over from a master that works. Default false.</summary>
    public bool Preempt { get; init; }

    /// <summary>The balancers' own addresses, of the family of <see cref="Addresses"/>, for networks without multicast; a balancer's own is left out by itself, so that all can have the same list. Default none: multicast.</summary>
    public ValueList<IPAddress> Peers { get; init; } = [];

    /// <summary>The addresses, 1–255 of one family, none of them in another group; for both families make two groups.</summary>
    [JsonPropertyName("vips")]
    public required ValueList<VirtualAddress> Addresses { get; init; }

    /// <summary>All that is wrong with it for itself; empty if nothing is. What concerns others is <see cref="Configuration.Validate"/>'s.</summary>
    public ValueList<IlbError> Validate()
    {
        var errors = new ErrorList();
        FailoverGroupChecks.Check(this, errors);
        return errors.ToValueList();
    }
}
