using System.Net;

namespace Ilb;

/// <summary>What a server group must be.</summary>
internal static class GroupChecks
{
    public static void Check(ServerGroup group, ErrorList errors)
    {
        errors.CheckName("server group", group.Name, "name");
        if (group.NextNumber is < 0 or > uint.MaxValue + 1L)
            errors.Add(IlbErrorCode.InvalidArgument, "nextNumber", $"server group {Quote.Of(group.Name)}: nextNumber {group.NextNumber} is out of range, allowed is 0-{uint.MaxValue + 1L}");
        var numbers = new HashSet<uint>();
        var byAddress = new Dictionary<IPAddress, List<Server>>();
        CheckFamilies(group, errors);
        for (var i = 0; i < group.Servers.Count; i++)
        {
            var server = group.Servers[i];
            var path = $"servers[{i}]";
            errors.Under(path, server.Check);
            if (server.Number is { } number && !numbers.Add(number))
                errors.Add(IlbErrorCode.InvalidServer, path, $"server group {Quote.Of(group.Name)}: number {number} stands there twice");
            if (server.Address is null)
                continue;
            if (byAddress.TryGetValue(server.Address, out var same))
            {
                if (same.Find(other => Overlap(server, other)) is { } twice)
                    errors.Add(IlbErrorCode.InvalidServer, path, Twice(group, server, twice));
            }
            else
            {
                byAddress.Add(server.Address, same = []);
            }

            same.Add(server);
        }
    }

    private static void CheckFamilies(ServerGroup group, ErrorList errors)
    {
        var family = group.Servers.Find(static server => server.Address is not null)?.Address?.AddressFamily;
        var others = group.Servers.Filter(server => server.Address is not null && server.Address.AddressFamily != family);
        if (others.Count > 0)
        {
            errors.Add(IlbErrorCode.FamilyMismatch, $"servers[{group.Servers.IndexOf(server => server == others[0])}]",
                $"server group {Quote.Of(group.Name)}: server {RuleChecks.First(others)} is of another address family than the servers before it");
        }
    }

    // A server without a port takes the ports of whichever rule uses it, so it overlaps all.
    private static bool Overlap(Server server, Server other) => (server.Ports ?? PortRange.All).Overlaps(other.Ports ?? PortRange.All);

    private static string Twice(ServerGroup group, Server server, Server other) => other.Number is null
        ? $"server group {Quote.Of(group.Name)}: server {Quote.Of(server.ToString())} is given twice"
        : $"server group {Quote.Of(group.Name)}: server {Quote.Of(server.ToString())} is already there as {Quote.Of(group.IdOf(other).ToString())} ({other})";
}
