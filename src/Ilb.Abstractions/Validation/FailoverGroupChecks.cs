using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>What a failover group must be, for itself and beside other groups.</summary>
internal static class FailoverGroupChecks
{
    public static void Check(FailoverGroup group, ErrorList errors)
    {
        errors.CheckName("failover group", group.Name, "name");
        var subject = $"failover group {Quote.Of(group.Name)}";
        errors.CheckRange(group.VirtualRouterId, 1, 255, subject, "vrid", "vrid");
        errors.CheckInterface(group.Interface, subject, "interface");
        CheckPriority(group.Priority, subject, errors);
        errors.CheckDuration(group.Interval, FailoverGroup.MinimumInterval, FailoverGroup.MaximumInterval, subject, "interval", "interval");
        if (group.Interval.Ticks % TimeSpan.TicksPerMillisecond == 0 && group.Interval.Ticks % FailoverGroup.MinimumInterval.Ticks != 0)
            errors.Add(IlbErrorCode.InvalidArgument, "interval", $"{subject}: interval {Duration.Format(group.Interval)} is not a multiple of {Duration.Format(FailoverGroup.MinimumInterval)}");
        if (group.Addresses.Count is 0 or > FailoverGroup.MaximumAddresses)
            errors.Add(IlbErrorCode.InvalidArgument, "vips", $"{subject}: it has {group.Addresses.Count} VIPs, allowed is 1-{FailoverGroup.MaximumAddresses}");
        var family = Family(group);
        CheckAddresses(group.Addresses.Select(static address => address.Address), family, subject, "VIP", "vips", errors);
        CheckAddresses(group.Peers, family, subject, "peer", "peers", errors);
    }

    /// <summary>Checks that no member is null.</summary>
    public static void CheckGiven(FailoverGroup group, string prefix, ErrorList errors)
    {
        errors.CheckGiven(group.Interface, $"{prefix}interface");
        errors.CheckGiven(group.Peers, $"{prefix}peers");
        errors.CheckGiven(group.Addresses, $"{prefix}vips");
    }

    public static void CheckPriority(int priority, string subject, ErrorList errors) => errors.CheckRange(priority, 1, 254, subject, "priority", "priority");

    /// <summary>Checks a group beside those before it.</summary>
    public static void CheckWithOthers(FailoverGroup group, IEnumerable<FailoverGroup> others, ErrorList errors)
    {
        var family = Family(group);
        foreach (var other in others)
        {
            if (other.VirtualRouterId == group.VirtualRouterId && other.Interface == group.Interface && Family(other) == family)
                errors.Add(IlbErrorCode.InvalidArgument, "vrid", $"failover group {Quote.Of(group.Name)}: vrid {group.VirtualRouterId} on {group.Interface} is failover group {Quote.Of(other.Name)}'s");
            foreach (var address in group.Addresses)
            {
                if (other.Addresses.Any(taken => taken.Address.Equals(address.Address)))
                    errors.Add(IlbErrorCode.InvalidAddress, "vips", $"failover group {Quote.Of(group.Name)}: VIP {address.Address} is failover group {Quote.Of(other.Name)}'s");
            }
        }
    }

    private static void CheckAddresses(IEnumerable<IPAddress> addresses, AddressFamily? family, string subject, string kind, string path, ErrorList errors)
    {
        var seen = new HashSet<IPAddress>();
        foreach (var (place, address) in addresses.Index())
        {
            errors.CheckAddress(address, $"{subject}: {kind}", $"{path}[{place}]");
            if (!seen.Add(address))
                errors.Add(IlbErrorCode.InvalidAddress, $"{path}[{place}]", $"{subject}: {kind} {address} is given twice");
            if (family is not null && address.AddressFamily != family)
                errors.Add(IlbErrorCode.FamilyMismatch, $"{path}[{place}]", $"{subject}: {kind} {address} is of another address family than the first VIP");
        }
    }

    private static AddressFamily? Family(FailoverGroup group) => group.Addresses is [var first, ..] ? first.Address.AddressFamily : null;
}
