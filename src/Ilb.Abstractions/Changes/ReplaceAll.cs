using System.Net;
using System.Text.Json.Serialization;

namespace Ilb;

/// <summary>Puts another configuration in the place of the whole. A server group that stays keeps its counter of server numbers, which never goes back, and a rule that stays its number.</summary>
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
        var errors = new ErrorList();
        var groups = new ServerGroup[Configuration.ServerGroups.Count];
        for (var i = 0; i < groups.Length; i++)
        {
            var group = Configuration.ServerGroups[i];
            errors.Under($"configuration.serverGroups[{i}]", under => groups[i] = group with { Servers = ServerEdits.WithAddresses(group.Servers, null, hosts, under) });
        }

        errors.ThrowIfAny();
        return this with { Configuration = Numbered(Configuration with { ServerGroups = groups.ToValueList() }, configuration) };
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

    private static Configuration Numbered(Configuration next, Configuration before)
    {
        var counters = before.ServerGroups.ToDictionary(static group => group.Name, static group => group.NextNumber);
        return next with
        {
            Schema = next.Schema ?? before.Schema,
            Rules = RuleNumbers.WithNumbers(next.Rules, before.Rules),
            ServerGroups = next.ServerGroups.Map(group => (group with { NextNumber = Math.Max(group.NextNumber, counters.GetValueOrDefault(group.Name)) }).WithNumbers()),
        };
    }
}
