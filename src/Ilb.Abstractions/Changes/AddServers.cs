using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Adds servers to a group: all of them or none.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.NoSuchServerGroup"/>, <see cref="IlbErrorCode.ServerGroupFull"/>, those of <see cref="Server.Validate"/>,
/// and <see cref="IlbErrorCode.FamilyMismatch"/> or <see cref="IlbErrorCode.PortMismatch"/> beside the other servers and the group's rules.</remarks>
public sealed record AddServers : Change
{
    /// <summary>The group's name.</summary>
    public required string ServerGroup { get; init; }

    /// <summary>The servers; at least one. A number that is given must be one that the group has not given yet.</summary>
    public required ValueList<Server> Servers { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override ValueList<string> Hosts => ServerEdits.HostsOf(Servers);

    /// <inheritdoc/>
    public override Change Resolve(Configuration configuration, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var group = configuration.FindServerGroup(ServerGroup);
        var servers = ServerEdits.WithAddresses(Servers, group, hosts);
        return this with { Servers = group is null ? servers : Added(group, servers).Servers.Skip(group.Servers.Count).ToValueList() };
    }

    private protected override void CheckGiven(ErrorList errors)
    {
        errors.CheckGiven(ServerGroup, "serverGroup");
        errors.CheckGiven(Servers, "servers");
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        if (Servers.Count == 0)
            errors.Add(IlbErrorCode.InvalidArgument, "servers", "no server is named");
        if (configuration.FindServerGroup(ServerGroup) is not { } group)
        {
            ServerEdits.AddNoSuchGroup(ServerGroup, "serverGroup", errors);
            return configuration;
        }

        foreach (var server in Servers)
        {
            if (server.Number < group.NextNumber)
                errors.Add(IlbErrorCode.InvalidServer, "servers", $"server group {Quote.Of(group.Name)}: number {server.Number} was given before, the next is {group.NextNumber}");
        }

        var added = Added(group, Servers);
        GroupChecks.Check(added, errors);
        ServerEdits.CheckComplete(added, errors);
        ServerEdits.CheckRulesOf(added, configuration, errors);
        return ServerEdits.Replace(configuration, added);
    }

    private static ServerGroup Added(ServerGroup group, ValueList<Server> servers) =>
        (group with { Servers = [.. group.Servers, .. servers] }).WithNumbers();
}
