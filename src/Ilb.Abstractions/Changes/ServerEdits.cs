using System.Net;
using System.Net.Sockets;

namespace Ilb;

/// <summary>What the verbs of servers share.</summary>
internal static class ServerEdits
{
    public static ValueList<string> HostsOf(ValueList<Server> servers) =>
        servers.Where(static server => server.Address is null && !string.IsNullOrEmpty(server.Host)).Select(static server => server.Host!).Distinct().ToValueList();

    /// <summary>Gives servers the address of their host; a host without one is an error.</summary>
    public static ValueList<Server> WithAddresses(ValueList<Server> servers, ServerGroup? group, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts)
    {
        var errors = new ErrorList();
        var resolved = WithAddresses(servers, group, hosts, errors);
        errors.ThrowIfAny();
        return resolved;
    }

    /// <summary>Gives servers the address of their host: of the family of the group's other servers, if that is known; else IPv4 before IPv6.</summary>
    public static ValueList<Server> WithAddresses(ValueList<Server> servers, ServerGroup? group, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts, ErrorList errors)
    {
        var family = (group?.Servers.Concat(servers) ?? servers).FirstOrDefault(static server => server.Address is not null)?.Address?.AddressFamily;
        var place = 0;
        return servers.Map(server =>
        {
            var path = $"servers[{place++}]";
            if (server.Address is not null || string.IsNullOrEmpty(server.Host))
                return server;
            var addresses = hosts.TryGetValue(server.Host, out var found) ? found : [];
            var address = family is null
                ? addresses.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? (addresses.Count > 0 ? addresses[0] : null)
                : addresses.FirstOrDefault(address => address.AddressFamily == family);
            if (address is null)
            {
                var kind = family switch { AddressFamily.InterNetwork => "IPv4 ", AddressFamily.InterNetworkV6 => "IPv6 ", _ => "" };
                errors.Add(IlbErrorCode.HostNotFound, path, $"host {Quote.Of(server.Host)} has no {kind}address");
                return server;
            }

            family ??= address.AddressFamily;
            return server with { Address = address };
        });
    }

    /// <summary>Checks what servers do to the rules of their group.</summary>
    public static void CheckRulesOf(ServerGroup group, Configuration configuration, ErrorList errors)
    {
        foreach (var rule in configuration.Rules)
        {
            if (rule.Uses(group.Name))
                RuleChecks.CheckWithGroups(rule, name => name == group.Name ? group : configuration.FindServerGroup(name), false, errors);
        }
    }

    public static void CheckComplete(ServerGroup group, ErrorList errors)
    {
        foreach (var server in group.Servers)
        {
            if (server.Address is null && !string.IsNullOrEmpty(server.Host))
                errors.Add(IlbErrorCode.HostNotFound, "servers", $"server group {Quote.Of(group.Name)}: the address of host {Quote.Of(server.Host)} is not given");
            if (server.Number is null)
                errors.Add(IlbErrorCode.ServerGroupFull, "servers", $"server group {Quote.Of(group.Name)} has given all of its server numbers: create another group");
        }
    }

    public static Configuration Replace(Configuration configuration, ServerGroup group) => configuration with
    {
        ServerGroups = configuration.ServerGroups.With(configuration.ServerGroups.IndexOf(other => other.Name == group.Name), group),
    };

    public static void AddNoSuchGroup(string name, string path, ErrorList errors) =>
        errors.Add(IlbErrorCode.NoSuchServerGroup, path, $"server group {Quote.Of(name)} does not exist");

    /// <summary>Changes servers of any groups, or all of one group; every unknown ID is told.</summary>
    public static Configuration Edit(Configuration configuration, ValueList<ServerId> ids, string? groupName, Func<Server, Server> edit, ErrorList errors)
    {
        if (ids.Count > 0 == groupName is not null)
            errors.Add(IlbErrorCode.InvalidArgument, "servers", ids.Count == 0 ? "no server is named" : "either servers or their group are given, not both");
        if (groupName is null)
            return ids.Aggregate(configuration, (next, id) => Edit(next, id, edit, errors));
        if (configuration.FindServerGroup(groupName) is { } group)
            return Replace(configuration, group with { Servers = group.Servers.Map(edit) });
        AddNoSuchGroup(groupName, "serverGroup", errors);
        return configuration;
    }

    private static Configuration Edit(Configuration configuration, ServerId id, Func<Server, Server> edit, ErrorList errors)
    {
        var group = configuration.FindServerGroup(id.ServerGroup);
        var place = group?.Servers.IndexOf(server => server.Number == id.Number) ?? -1;
        if (place >= 0)
            return Replace(configuration, group! with { Servers = group.Servers.With(place, edit(group.Servers[place])) });
        errors.Add(IlbErrorCode.NoSuchServer, "servers", $"server {Quote.Of(id.ToString())} does not exist");
        return configuration;
    }
}
