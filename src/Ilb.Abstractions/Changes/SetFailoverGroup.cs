using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Changes of a failover group what is given, and leaves the rest.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NotFound"/>, and those of <see cref="CreateFailoverGroup"/>.</remarks>
public sealed record SetFailoverGroup : Change
{
    /// <summary>The failover group's name.</summary>
    public required string Name { get; init; }

    /// <summary>See <see cref="FailoverGroup.VirtualRouterId"/>; null (default) = as it is.</summary>
    [JsonPropertyName("vrid")]
    public int? VirtualRouterId { get; init; }

    /// <summary>See <see cref="FailoverGroup.Interface"/>; null (default) = as it is.</summary>
    public string? Interface { get; init; }

    /// <summary>See <see cref="FailoverGroup.Priority"/>; null (default) = as it is.</summary>
    public int? Priority { get; init; }

    /// <summary>See <see cref="FailoverGroup.Interval"/>; null (default) = as it is.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>See <see cref="FailoverGroup.Preempt"/>; null (default) = as it is.</summary>
    public bool? Preempt { get; init; }

    /// <summary>All <see cref="FailoverGroup.Peers"/>; null (default) = as they are, an empty list = multicast.</summary>
    public ValueList<IPAddress>? Peers { get; init; }

    /// <summary>All <see cref="FailoverGroup.Addresses"/>; null (default) = as they are.</summary>
    [JsonPropertyName("vips")]
    public ValueList<VirtualAddress>? Addresses { get; init; }

    private protected override void CheckGiven(ErrorList errors)
    {
        errors.CheckGiven(Name, "name");
        if (Peers is not null)
            errors.CheckGiven(Peers, "peers");
        if (Addresses is not null)
            errors.CheckGiven(Addresses, "vips");
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var place = configuration.FailoverGroups.IndexOf(group => group.Name == Name);
        if (place < 0)
        {
            errors.Add(IlbErrorCode.NotFound, "name", $"failover group {Quote.Of(Name)} does not exist");
            return configuration;
        }

        var old = configuration.FailoverGroups[place];
        var group = old with
        {
            VirtualRouterId = VirtualRouterId ?? old.VirtualRouterId,
            Interface = Interface ?? old.Interface,
            Priority = Priority ?? old.Priority,
            Interval = Interval ?? old.Interval,
            Preempt = Preempt ?? old.Preempt,
            Peers = Peers ?? old.Peers,
            Addresses = Addresses ?? old.Addresses,
        };
        FailoverGroupChecks.Check(group, errors);
        FailoverGroupChecks.CheckWithOthers(group, configuration.FailoverGroups.Where(other => other.Name != Name), errors);
        return configuration with { FailoverGroups = configuration.FailoverGroups.With(place, group) };
    }
}
