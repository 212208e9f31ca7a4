using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Creates a server group with its first servers, or none.</summary>
/// <remarks>Codes: <see cref="IlbErrorCode.ServerGroupExists"/> and those of <see cref="ServerGroup.Validate"/>.</remarks>
public sealed record CreateServerGroup : Change
{
    /// <summary>The group.</summary>
    public required ServerGroup ServerGroup { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override ValueList<string> Hosts => ServerEdits.HostsOf(ServerGroup.Servers);

    /// <inheritdoc/>
    public override Change Resolve(Configuration configuration, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts) =>
        this with { ServerGroup = (ServerGroup with { Servers = ServerEdits.WithAddresses(ServerGroup.Servers, null, hosts) }).WithNumbers() };

    private protected override void CheckGiven(ErrorList errors)
    {
        if (errors.CheckGiven(ServerGroup, "serverGroup"))
            errors.CheckGiven(ServerGroup.Servers, "serverGroup.servers");
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var group = ServerGroup.WithNumbers();
        errors.Under("serverGroup", under =>
        {
            if (configuration.FindServerGroup(group.Name) is not null)
                under.Add(IlbErrorCode.ServerGroupExists, "name", $"server group {Quote.Of(group.Name)} exists already");
            GroupChecks.Check(group, under);
            ServerEdits.CheckComplete(group, under);
        });
        return configuration with { ServerGroups = configuration.ServerGroups.Add(group) };
    }
}
