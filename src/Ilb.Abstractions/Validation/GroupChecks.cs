using System.Net;

namespace Ilb;

/// <summary>What a server group must be.</summary>
internal static class GroupChecks
{
    public static void Check(ServerGroup group, ErrorList errors)
    {
        errors.CheckName("server group", group.Name, "name");
        if (group.NextNumber is < 0 or > uint.MaxValue + 1L)
            errors.Add(IlbErrorCode.InvalidArgument, "nextNumber", $"server group {group.Name}: nextNumber {group.NextNumber} is out of range, allowed is 0-{uint.MaxValue + 1L}");
        var numbers = new HashSet<uint>();
        var byAddress = new Dictionary<IPAddress, List<Server>>();
        var family = group.Servers.Find(static server => server.Address is not null)?.Address?.AddressFamily;
        for (var i = 0; i < group.Servers.Count; i++)
        {
            var server = group.Servers[i];
            var path = $"servers[{i}]";
            errors.Under(path, server.Check);
            if (server.Number is { } number && !numbers.Add(number))
                errors.Add(IlbErrorCode.InvalidServer, path, $"server group {group.Name}: number {number} stands there twice");
            if (server.Address is null)
                continue;
            if (server.Address.AddressFamily != family)
                errors.Add(IlbErrorCode.FamilyMismatch, path, $"server group {group.Name}: server {server} is of another address family than the servers before it");
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

    // A server without a port takes the ports of whichever rule uses it, so it overlaps all.
    private static bool Overlap(Server server, Server other) => (server.Ports ?? PortRange.All).Overlaps(other.Ports ?? PortRange.All);

    private static string Twice(ServerGroup group, Server server, Server other) => other.Number is null
        ? $"server group {group.Name}: server {server} is given twice"
        : $"server group {group.Name}: server {server} is already there as {group.IdOf(other)} ({other})";
}
