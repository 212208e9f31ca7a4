using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Puts another configuration in the place of the whole. A server group that stays keeps its counter of server numbers, which never goes back.</summary>
/// <remarks>Codes: those of <see cref="Ilb.Configuration.Validate"/>, <see cref="IlbErrorCode.ServerGroupFull"/>, <see cref="IlbErrorCode.HostNotFound"/>.</remarks>
public sealed record ReplaceAll : Change
{
    /// <summary>The new configuration.</summary>
    public required Configuration Configuration { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override ValueList<string> Hosts => Configuration.ServerGroups.SelectMany(static group => ServerEdits.HostsOf(group.Servers)).Distinct().ToValueList();

    /// <inheritdoc/>
    public override Change Resolve(Configuration configuration, IReadOnlyDictionary<string, ValueList<IPAddress>> hosts)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var resolved = Configuration with { ServerGroups = Configuration.ServerGroups.Map(group => group with { Servers = ServerEdits.WithAddresses(group.Servers, null, hosts) }) };
        return this with { Configuration = Numbered(resolved, configuration) };
    }

    private protected override void CheckGiven(ErrorList errors)
    {
        if (errors.CheckGiven(Configuration, "configuration"))
            errors.Under("configuration", under => ConfigurationChecks.CheckGiven(Configuration, under));
    }

    private protected override Configuration Apply(Configuration configuration, ErrorList errors)
    {
        var next = Numbered(Configuration, configuration);
        errors.Under("configuration", under =>
        {
            ConfigurationChecks.Check(next, under);
            foreach (var group in next.ServerGroups)
            {
                if (group.Servers.Any(static server => server.Number is null))
                    under.Add(IlbErrorCode.ServerGroupFull, "serverGroups", $"server group {Quote.Of(group.Name)} has given all of its server numbers: create another group");
            }
        });
        return next;
    }

    private static Configuration Numbered(Configuration next, Configuration before) => next with
    {
        Schema = next.Schema ?? before.Schema,
        ServerGroups = next.ServerGroups.Map(group =>
            (group with { NextNumber = Math.Max(group.NextNumber, before.FindServerGroup(group.Name)?.NextNumber ?? 0) }).WithNumbers()),
    };
}
