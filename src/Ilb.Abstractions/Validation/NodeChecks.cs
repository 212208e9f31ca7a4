using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Ilb;

/// <summary>What the settings of a machine must be.</summary>
internal static class NodeChecks
{
    public static void Check(NodeSettings node, ErrorList errors)
    {
        CheckOnce(node.Interfaces, static name => name.Name, "interface", "interfaces", errors, static (name, under) =>
        {
            under.CheckInterface(name.Name, "interface", "name");
            under.CheckInterface(name.Local, $"interface {Quote.Of(name.Name)}", "local");
        });
        CheckOnce(node.FailoverGroups, static group => group.Name, "failover group", "failoverGroups", errors, static (group, under) =>
        {
            under.CheckName("failover group", group.Name, "name");
            FailoverGroupChecks.CheckPriority(group.Priority, $"failover group {Quote.Of(group.Name)}", under);
        });
        CheckOnce(node.Groups, static group => group.Name, "group", "groups", errors, static (group, under) =>
        {
            if (group.Name is not { Length: > 0 and <= 32 } || group.Name[0] == '-' || group.Name.Any(static c => c is <= ' ' or ':' or ',' or '/' or > '~'))
                under.Add(IlbErrorCode.InvalidName, "name", $"{Quote.Of(group.Name)} is not the name of a group of users");
            under.CheckDefined(group.Right, $"group {group.Name}", "right");
        });
        errors.CheckDuration(node.AuditInterval, NodeSettings.MinimumAuditInterval, NodeSettings.MaximumAuditInterval, "node", "auditInterval", "auditInterval");
        errors.CheckPath(node.Notify, "node", "notify");
        if (node.Sync is not null)
            errors.Under("sync", under => CheckSync(node.Sync, under));
        errors.Under("marks", under => CheckMarks(node.Marks, under));
        errors.Under("probes", under => CheckProbes(node.Probes, under));
        if (node.StatusPage is not null)
            errors.Under("statusPage", under => CheckStatusPage(node.StatusPage, under));
    }

    private static void CheckSync(SyncSettings sync, ErrorList errors)
    {
        errors.CheckInterface(sync.Interface, "sync", "interface");
        errors.CheckRange(sync.Id, 0, byte.MaxValue, "sync", "id", "id");
        if (!IsMulticast(sync.Group))
            errors.Add(IlbErrorCode.InvalidAddress, "group", $"sync: group {sync.Group} is not a multicast address");
        CheckPort(sync.Port, "sync", errors);
        errors.CheckRange(sync.TimeToLive, 1, byte.MaxValue, "sync", "ttl", "ttl");
        if (sync.MaximumLength is { } length)
            errors.CheckRange(length, 1, SyncSettings.MaximumDatagram, "sync", "maxLength", "maxLength");
    }

    private static void CheckMarks(MarkSettings marks, ErrorList errors)
    {
        var number = marks.Mask == 0 ? 0 : marks.Mask >> BitOperations.TrailingZeroCount(marks.Mask);
        if (number == 0 || (number & (number + 1)) != 0)
            errors.Add(IlbErrorCode.InvalidArgument, "mask", $"marks: the bits of mask 0x{marks.Mask:x8} do not follow each other");
        if ((marks.Base & marks.Mask) != 0)
            errors.Add(IlbErrorCode.InvalidArgument, "base", $"marks: base 0x{marks.Base:x8} has bits of mask 0x{marks.Mask:x8}");
    }

    private static void CheckProbes(ProbeSettings probes, ErrorList errors)
    {
        errors.CheckPath(probes.NetworkNamespace, "probes", "namespace");
        foreach (var (place, source) in probes.Sources.Index())
        {
            errors.CheckAddress(source, "probes: source", $"sources[{place}]");
            if (probes.Sources.Take(place).Any(other => other.AddressFamily == source.AddressFamily))
                errors.Add(IlbErrorCode.InvalidAddress, $"sources[{place}]", $"probes: source {source} is the second of its address family");
        }
    }

    private static void CheckStatusPage(StatusPage page, ErrorList errors)
    {
        if (page.Address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6) || IsMulticast(page.Address) || page.Address.Equals(IPAddress.Broadcast))
            errors.Add(IlbErrorCode.InvalidAddress, "address", $"status page: nobody can listen at {page.Address}");
        CheckPort(page.Port, "status page", errors);
    }

    private static void CheckPort(int port, string subject, ErrorList errors)
    {
        if (port is < 1 or > ushort.MaxValue)
            errors.Add(IlbErrorCode.InvalidPort, "port", $"{subject}: port {port} is out of range, allowed is 1-{ushort.MaxValue}");
    }

    private static void CheckOnce<T>(ValueList<T> items, Func<T, string> name, string kind, string path, ErrorList errors, Action<T, ErrorList> check)
    {
        var names = new HashSet<string>();
        foreach (var (place, item) in items.Index())
        {
            errors.Under($"{path}[{place}]", under => check(item, under));
            if (!names.Add(name(item)))
                errors.Add(IlbErrorCode.AlreadyExists, $"{path}[{place}].name", $"{kind} {name(item)} stands there twice");
        }
    }

    private static bool IsMulticast(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? address.IsIPv6Multicast : address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and <= 239;
}
